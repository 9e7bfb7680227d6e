using CsCheck;

namespace Slipway.Wire.Tests;

public class Dhcp6MessageTests
{
    // In the form of dhclient -6: DUID-LLT, two options asked for, no time elapsed, one IA_NA.
    private const string Solicit =
        "01aabbcc" + "0001000e" + "000100012c3d4e5f525400123456" + "00060004" + "00170018"
        + "000800020000" + "0003000c" + "001234560000 0e1000001518";

    private const string Association =
        "0003 0028 00000001 00000000 00000000"
        + "0005 0018 fd5a94efe40c00000000000000010005 00000e10 00000e10";

    private static byte[] Bytes(string hex) =>
        Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private static ParseError Parse(string hex) => Dhcp6Message.TryParse(Bytes(hex), out _);

    [Fact]
    public void TryParse_Solicit_ReadsEveryField()
    {
        Assert.Equal(
            ParseError.None, Dhcp6Message.TryParse(Bytes(Solicit), out Dhcp6Message message));
        Assert.Equal(Dhcp6MessageType.Solicit, message.MessageType);
        Assert.Equal(0xaa_bbccu, message.TransactionId);
        Assert.True(message.Asks(Dhcp6Option.DnsServers));
        Assert.True(message.Asks(Dhcp6Option.DomainList));
        Assert.False(message.Asks(Dhcp6Option.ClientName));
        Assert.False(message.Has(Dhcp6Option.ServerIdentifier));
        Assert.True(message.TryGetOption(Dhcp6Option.ClientIdentifier, out var client));
        Assert.True(Duid.TryGetMac(client, out MacAddress mac));
        Assert.Equal("52:54:00:12:34:56", mac.ToString());
        Assert.True(message.TryGetOption(Dhcp6Option.NonTemporaryAddresses, out var value));
        Assert.Equal(ParseError.None, Dhcp6Association.TryParse(
            Dhcp6Option.NonTemporaryAddresses, value, out Dhcp6Association association));
        Assert.Equal(0x12_3456u, association.Identifier);
        Assert.Equal(3600u, association.RenewalSeconds);
        Assert.Equal(5400u, association.RebindingSeconds);
    }

    [Fact]
    public void TryParse_AddressInAnAssociation_IsRead()
    {
        Dhcp6Message.TryParse(Bytes("05000001" + Association), out Dhcp6Message message);
        message.TryGetOption(Dhcp6Option.NonTemporaryAddresses, out var value);
        Dhcp6Association.TryParse(
            Dhcp6Option.NonTemporaryAddresses, value, out Dhcp6Association association);
        Assert.True(association.Options.TryFind(Dhcp6Option.Address, out var option));
        Assert.Equal(ParseError.None, Dhcp6Address.TryRead(option, out Dhcp6Address address));
        Assert.Equal(
            new Dhcp6Address(IpAddress.Parse("fd5a:94ef:e40c::1:5"), 3600, 3600), address);
    }

    [Theory]
    [InlineData("", ParseError.Truncated)]
    [InlineData("010000", ParseError.Truncated)]
    [InlineData("01000000", ParseError.None)]
    [InlineData("01000000 0001", ParseError.Option)]
    [InlineData("01000000 00010003 0001", ParseError.Option)]
    [InlineData("01000000 00010002 0001", ParseError.Option)]
    [InlineData("01000000 00010003 000401", ParseError.None)]
    [InlineData("01000000 00020000", ParseError.Option)]
    [InlineData("01000000 00000000", ParseError.Option)]
    [InlineData("01000000 00060003 001700", ParseError.Option)]
    [InlineData("01000000 00080001 00", ParseError.Option)]
    [InlineData("01000000 000e0001 00", ParseError.Option)]
    [InlineData("01000000 0003000b 0000000000000000000000", ParseError.Option)]
    [InlineData("01000000 00040003 000000", ParseError.Option)]
    [InlineData("01000000 00040004 00000000", ParseError.None)]
    [InlineData("01000000 0019000b 0000000000000000000000", ParseError.Option)]
    [InlineData("01000000 00040009 00000000 0005000100", ParseError.Option)]
    [InlineData("01000000 00040009 00000000 0005001700", ParseError.Option)]
    [InlineData("01000000 ffff0001 00", ParseError.None)]
    public void TryParse_Lengths_AreChecked(string hex, ParseError expected) =>
        Assert.Equal(expected, Parse(hex));

    [Theory]
    [InlineData(130, ParseError.None)]
    [InlineData(131, ParseError.Option)]
    public void TryParse_LongDuid_IsTakenUpTo128OctetsBehindItsType(
        int lengthBytes, ParseError expected)
    {
        byte[] message = [1, 0, 0, 0, 0, 1, 0, (byte)lengthBytes, .. new byte[lengthBytes]];
        Assert.Equal(expected, Dhcp6Message.TryParse(message, out _));
    }

    [Fact]
    public void TryParse_RelaysMessage_IsKnownAndNotOpened()
    {
        byte[] relayed = [12, 0, .. new byte[32], 0xff];
        Assert.Equal(ParseError.None, Dhcp6Message.TryParse(relayed, out Dhcp6Message message));
        Assert.True(message.IsRelayed);
        Assert.False(message.Options.TryRead(out _, out _));
    }

    [Theory]
    [InlineData("000300015254000000aa", "52:54:00:00:00:aa")]
    [InlineData("00010001000000005254000000aa", "52:54:00:00:00:aa")]
    [InlineData("000300205254000000aa", null)]
    [InlineData("000300015254000000aabb", null)]
    [InlineData("000400015254000000aa", null)]
    [InlineData("00010001000000005254", null)]
    [InlineData("0003", null)]
    public void Duid_OfEthernet_HoldsItsAddress(string hex, string? expected) =>
        Assert.Equal(
            expected, Duid.TryGetMac(Bytes(hex), out MacAddress mac) ? mac.ToString() : null);

    [Fact]
    public void Duid_MadeOfAnAddress_IsReadBack()
    {
        byte[] duid = Duid.OfLinkLayer(new MacAddress(0x5a94_efe4_0cdd));
        Assert.Equal("000300015a94efe40cdd", Convert.ToHexStringLower(duid));
    }

    [Theory]
    [InlineData("01", ParseError.None, "")]
    [InlineData("01 03 766d31", ParseError.None, "vm1")]
    [InlineData("00 03 766d31 04 636f7270 00", ParseError.None, "vm1")]
    [InlineData("", ParseError.Truncated, "")]
    [InlineData("00 03 766d", ParseError.Truncated, "")]
    [InlineData("00 03 766d31 00 01 61", ParseError.Name, "")]
    [InlineData("00 c0 0c", ParseError.Name, "")]
    public void ClientName_WholeOrPartial_IsRead(string hex, ParseError expected, string label)
    {
        Assert.Equal(expected, Dhcp6ClientName.TryParse(Bytes(hex), out Dhcp6ClientName name));
        if (expected == ParseError.None)
        {
            Assert.Equal(label, System.Text.Encoding.ASCII.GetString(name.FirstLabel));
        }
    }

    [Fact]
    public void Writer_Everything_IsReadBack()
    {
        byte[] bytes = new byte[500];
        Dhcp6MessageWriter writer = new(bytes, Dhcp6MessageType.Reply, 0x12_3456);
        writer.Add(Dhcp6Option.Preference, 255);
        writer.OpenAssociation(Dhcp6Option.NonTemporaryAddresses, 1, 0, 0);
        writer.Add(new Dhcp6Address(IpAddress.Parse("fd5a:94ef:e40c::1:5"), 3600, 3600));
        writer.CloseAssociation();
        writer.OpenAssociation(Dhcp6Option.TemporaryAddresses, 7, 1, 2);
        writer.AddStatus(Dhcp6StatusCode.NoAddressesAvailable, "no"u8);
        writer.CloseAssociation();
        Assert.Equal(0, writer.OmittedCount);
        Assert.Equal(
            "07123456" + "00070001ff"
            + Association.Replace(" ", "", StringComparison.Ordinal)
            + "0004000c" + "00000007" + "000d0004" + "0002" + "6e6f",
            Convert.ToHexStringLower(bytes.AsSpan(0, writer.LengthBytes)));
    }

    [Fact]
    public void Writer_PartOfAnAssociationDoesNotFit_LeavesItOutWhole()
    {
        for (int room = Dhcp6MessageWriter.MinimumRoomBytes; room < 360; room++)
        {
            byte[] bytes = new byte[room];
            Dhcp6MessageWriter writer = new(bytes, Dhcp6MessageType.Reply, 1);
            writer.Add(Dhcp6Option.ServerIdentifier, new byte[130]);
            writer.Add(Dhcp6Option.ClientIdentifier, new byte[130]);
            writer.OpenAssociation(Dhcp6Option.NonTemporaryAddresses, 1, 0, 0);
            writer.Add(new Dhcp6Address(IpAddress.Parse("::1"), 1, 1));
            writer.AddStatus(Dhcp6StatusCode.Success, "yes"u8);
            writer.CloseAssociation();
            Assert.Equal(
                ParseError.None,
                Dhcp6Message.TryParse(bytes.AsSpan(0, writer.LengthBytes), out var message));
            Assert.Equal(room >= 272 + 16 + 28 + 9, message.Has(Dhcp6Option.NonTemporaryAddresses));
            Assert.Equal(writer.OmittedCount == 0, message.Has(Dhcp6Option.NonTemporaryAddresses));
        }
    }

    [Fact]
    public void TryParse_ChangedBytes_NeverThrows()
    {
        byte[] whole = Bytes(Solicit + Association + "0027000500 03766d31");
        Gen.Select(
            Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[0, 8],
            Gen.Int[0, whole.Length]).Sample((changes, length) =>
            {
                byte[] message = [.. whole];
                foreach ((int offset, byte value) in changes)
                {
                    message[offset] = value;
                }

                ReadEverything(message.AsSpan(0, length));
            }, iter: 50_000);
    }

    [Fact]
    public void TryParse_AnyBytes_NeverThrows() =>
        Gen.Byte.Array[0, 200].Sample(bytes => ReadEverything(bytes), iter: 20_000);

    private static void ReadEverything(ReadOnlySpan<byte> bytes)
    {
        if (Dhcp6Message.TryParse(bytes, out Dhcp6Message message) != ParseError.None)
        {
            return;
        }

        message.Asks(Dhcp6Option.DnsServers);
        Dhcp6OptionReader options = message.Options;
        while (options.TryRead(out Dhcp6Option code, out ReadOnlySpan<byte> value))
        {
            Duid.TryGetMac(value, out _);
            Dhcp6ClientName.TryParse(value, out _);
            if (Dhcp6Association.TryParse(code, value, out Dhcp6Association association)
                == ParseError.None)
            {
                _ = association.Identifier + association.RenewalSeconds;
                Dhcp6OptionReader inner = association.Options;
                while (inner.TryRead(out _, out ReadOnlySpan<byte> part))
                {
                    Dhcp6Address.TryRead(part, out _);
                }
            }
        }
    }
}
