namespace Slipway.Wire.Tests;

/// <summary>The header of the PROXY protocol, beside the specification's own layout.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";

    [Fact]
    public void Header_OfAnIPv4Client_HasBothAddressesAndPorts() => Assert.Equal(
        Signature + "21" + "11" + "000C" + "CB007109" + "7F000001" + "D431" + "01BB",
        WriteTcp("203.0.113.9:54321", "127.0.0.1:443"));

    [Fact]
    public void Header_OfAnIPv6Client_HasBothAddressesAndPorts() => Assert.Equal(
        Signature + "21" + "21" + "0024" + "20010DB8000000000000000000000009"
            + "00000000000000000000000000000001" + "D431" + "01BB",
        WriteTcp("[2001:db8::9]:54321", "[::1]:443"));

    [Fact]
    public void Header_OfADatagram_IsOfItsProtocol()
    {
        byte[] header = new byte[ProxyHeader.MaximumLengthBytes];
        IpEndpoint client = new(IpAddress.Parse("203.0.113.9"), 54_321);
        int length = ProxyHeader.WriteUdp(header, client, new IpEndpoint(client.Address, 53));
        Assert.Equal(
            Signature + "21" + "12" + "000C" + "CB007109" + "CB007109" + "D431" + "0035",
            Convert.ToHexString(header[..length]));
        client = new IpEndpoint(IpAddress.Parse("2001:db8::9"), 54_321);
        length = ProxyHeader.WriteUdp(header, client, client);
        Assert.StartsWith(
            Signature + "21" + "22" + "0024", Convert.ToHexString(header[..length]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Header_OfAClientWithoutAddress_IsLocalAndUnspecified()
    {
        byte[] header = new byte[ProxyHeader.MaximumLengthBytes];
        int length = ProxyHeader.WriteLocal(header);
        Assert.Equal(Signature + "20" + "00" + "0000", Convert.ToHexString(header[..length]));
    }

    private static string WriteTcp(string source, string target)
    {
        byte[] header = new byte[ProxyHeader.MaximumLengthBytes];
        Assert.True(IpEndpoint.TryParse(source, out IpEndpoint from));
        Assert.True(IpEndpoint.TryParse(target, out IpEndpoint to));
        return Convert.ToHexString(header[..ProxyHeader.WriteTcp(header, from, to)]);
    }
}
