using Slipway.Services;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

public sealed class Dhcp6EndpointTests
{
    [Fact]
    public void Receive_Solicit_IsAnsweredToItsSender()
    {
        using Dhcp6Server server = new(new Dhcp6Settings());
        RecordingPort port = new(id: 3);
        MacAddress mac = new(0x5254_0000_0001);
        IpAddress source = IpAddress.Parse("fe80::5054:ff:fe00:1");
        List<string> sent = [];
        Dhcp6Endpoint endpoint = new(
            server,
            (in GuestRoute route, ushort sourcePort, in IpEndpoint destination,
                ReadOnlySpan<byte> payload) =>
            {
                Assert.Equal(new GuestRoute(port, mac), route);
                Assert.Equal(ParseError.None, Dhcp6Message.TryParse(payload, out var message));
                sent.Add($"{sourcePort} {destination} {message.MessageType}");
                return true;
            },
            TimeProvider.System);
        byte[] solicit =
            [1, 0, 0, 7, 0, 1, 0, 4, 0, 4, 1, 2, 0, 3, 0, 12, 0, 0, 0, 1, .. new byte[8]];
        GuestPacket packet = new()
        {
            Route = new GuestRoute(port, mac),
            Source = source,
            Destination = Dhcp6Message.ServersAddress,
            Protocol = IpProtocol.Udp,
            Ttl = 1,
            TypeOfService = 0,
            DontFragment = false,
            Payload = default,
            Quote = default,
        };

        endpoint.Receive(packet, 546, 547, solicit, default);
        endpoint.Receive(packet, 546, 547, solicit.AsSpan(0, 9), default);

        Assert.Equal([$"547 [{source}]:546 Advertise"], sent);
        Assert.Equal("ff02::1:2", packet.Destination.ToString());
    }
}
