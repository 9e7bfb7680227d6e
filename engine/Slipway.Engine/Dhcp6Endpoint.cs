using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Puts the DHCPv6 server on UDP port 547: its answers go out in the same turn.</summary>
internal sealed class Dhcp6Endpoint(
    Dhcp6Server server, Dhcp6Endpoint.Sender send, TimeProvider clock,
    SearchListFollower? search = null)
    : IDatagramService
{
    public const ushort ServerPort = Dhcp6Message.ServerPort;

    /// <summary>What fits the smallest MTU of IPv6 (RFC 8200 section 5), in bytes.</summary>
    private const int MaxReplyLengthBytes =
        Ipv6Header.MinimumMtuBytes - Ipv6Header.LengthBytes - UdpHeader.LengthBytes;

    private readonly byte[] _reply = new byte[MaxReplyLengthBytes];

    /// <summary>
    /// Sends a datagram from an address of the gateway that has the destination's scope: the
    /// link-local one, as a rule.
    /// </summary>
    public delegate bool Sender(
        in GuestRoute route, ushort sourcePort, in IpEndpoint destination,
        ReadOnlySpan<byte> payload);

    public void Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now)
    {
        Dhcp6Origin from = new(
            packet.Route.Mac, packet.Route.Port.Id, packet.Source, packet.Destination);
        if (search?.IsDue(now) == true)
        {
            LookFirst(search, packet.Route, from, payload.ToArray(), now);
        }
        else
        {
            Handle(packet.Route, from, payload);
        }
    }

    private void LookFirst(
        SearchListFollower search, GuestRoute route, Dhcp6Origin from, byte[] message,
        Instant now) => search.Look(now, _ => Handle(route, from, message));

    private void Handle(in GuestRoute asked, in Dhcp6Origin from, ReadOnlySpan<byte> message)
    {
        if (server.TryHandle(message, from, clock.GetUtcNow(), _reply, out Dhcp6Reply reply))
        {
            GuestRoute route = new(asked.Port, reply.DestinationMac);
            send(
                route, ServerPort, new IpEndpoint(reply.Destination, Dhcp6Message.ClientPort),
                _reply.AsSpan(0, reply.LengthBytes));
        }
    }
}
