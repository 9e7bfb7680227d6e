using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Puts the DHCP server on UDP port 67: its answers go out in the same turn.</summary>
internal sealed class DhcpEndpoint(
    DhcpServer server, UdpLayer udp, IpAddress gateway, TimeProvider clock,
    SearchListFollower? search)
    : IDatagramService
{
    public const ushort ServerPort = 67;
    private const ushort ClientPort = 68;

    private readonly byte[] _reply = new byte[1_472];

    public void Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now)
    {
        if (search?.IsDue(now) == true)
        {
            LookFirst(search, packet.Route, packet.Source, payload.ToArray(), now);
        }
        else
        {
            Handle(packet.Route, packet.Source, payload);
        }
    }

    private void LookFirst(
        SearchListFollower search, GuestRoute route, IpAddress source, byte[] message,
        Instant now) => search.Look(now, _ => Handle(route, source, message));

    private void Handle(in GuestRoute from, IpAddress source, ReadOnlySpan<byte> message)
    {
        if (server.TryHandle(
            message, from.Mac, from.Port.Id, source, clock.GetUtcNow(), _reply,
            out DhcpReply reply))
        {
            GuestRoute route = new(from.Port, reply.DestinationMac);
            udp.SendFromGateway(
                route, new IpEndpoint(gateway, ServerPort),
                new IpEndpoint(reply.Destination, ClientPort),
                _reply.AsSpan(0, reply.LengthBytes));
        }
    }
}
