using Slipway.Services.Tests.Dhcp6;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

/// <summary>Messages that end too early, and replies that could outgrow a frame.</summary>
public sealed class ShortMessageTests
{
    [Fact]
    public void Dhcp_PayloadOfEachLengthUpToAMessage_IsNotAnswered()
    {
        // CVE-2021-3592: BOOTP's fields were read behind the datagram.
        using DhcpExchange exchange = new();
        byte[] whole = new ClientMessage(DhcpMessageType.Discover, DhcpExchange.Mac(1)).ToArray();
        int fixedBytes = 240;
        for (int length = 0; length < fixedBytes; length++)
        {
            Assert.Null(exchange.Send(whole[..length], DhcpExchange.Mac(1)));
        }

        Assert.NotNull(exchange.Send(whole, DhcpExchange.Mac(1)));
    }

    [Fact]
    public void Dhcp6_PayloadOfEachLengthUpToAMessage_IsNotAnswered()
    {
        // CVE-2021-3593, over UDP and IPv6.
        using Dhcp6Exchange exchange = new();
        byte[] whole = Client6Message.Solicit(1).ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Null(exchange.Send(whole[..length]));
        }

        Assert.NotNull(exchange.Send(whole));
    }

    [Theory]
    [InlineData(130)]
    [InlineData(131)]
    [InlineData(60_000)]
    public void Dhcp6_LongIdentifierAndAllThatAReplyMayHave_StaysWithinTheSmallestMtu(int length)
    {
        // CVE-2026-95508: a long CLIENTID outgrew the reply's buffer at an MTU of 1280.
        const int room = 1_280 - 48;
        using Dhcp6Exchange exchange = new(new Dhcp6Settings
        {
            SearchDomains = [
                .. Enumerable.Range(0, 13).Select(i => $"{new string('a', 40)}{i}.example.test")],
        });
        byte[] identifier = new byte[length];
        identifier[1] = 4;
        byte[] message = new Client6Message(Dhcp6MessageType.Solicit)
            .With(Dhcp6Option.ClientIdentifier, identifier)
            .Addresses(1).Addresses(2).Addresses(3).Addresses(4).Temporary(5).Prefix(6)
            .Named(new string('n', 63)).ToArray();

        Answer6? answer = exchange.Send(message, room: room);

        // RFC 8415 section 11.1: a DUID has up to 128 octets behind its type.
        Assert.Equal(length <= 130, answer is not null);
        if (answer is not null)
        {
            answer.Message();
            Assert.Equal(
                Convert.ToHexStringLower(identifier), answer.Option(Dhcp6Option.ClientIdentifier));
        }
    }
}
