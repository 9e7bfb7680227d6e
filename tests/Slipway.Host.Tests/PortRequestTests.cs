using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>What is asked of the helper that binds ports.</summary>
public sealed class PortRequestTests
{
    [Theory]
    [InlineData("127.0.0.1:80", 6)]
    [InlineData("[::1]:53", 17)]
    [InlineData("[::]:65535", 6)]
    public void Request_WrittenAndRead_IsTheSame(string local, int protocol)
    {
        Assert.True(IpEndpoint.TryParse(local, out IpEndpoint endpoint));
        PortRequest request = new((IpProtocol)protocol, endpoint);
        byte[] bytes = new byte[PortRequest.LengthBytes];
        request.Write(bytes);
        Assert.True(PortRequest.TryParse(bytes, out PortRequest read));
        Assert.Equal(request, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("02060050" + "00000000000000000000000000000000")]
    [InlineData("01010050" + "00000000000000000000000000000000")]
    [InlineData("01060000" + "00000000000000000000000000000000")]
    [InlineData("01060050" + "0000000000000000000000000000000000")]
    public void Request_ThatIsNone_IsRefused(string bytes) =>
        Assert.False(PortRequest.TryParse(Convert.FromHexString(bytes), out _));
}
