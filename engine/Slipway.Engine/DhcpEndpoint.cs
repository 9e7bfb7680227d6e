using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Puts the DHCP server on UDP port 67: its answers go out in the same turn.</summary>
internal sealed class DhcpEndpoint(
    DhcpServer server, UdpLayer udp, IpAddress gateway, TimeProvider clock)
    : IDatagramService
{
    public const ushort ServerPort = 67;
    private const ushort ClientPort = 68;

    private readonly byte[] _reply = new byte[1_472];

    public void Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now)
    {
        if (server.TryHandle(
            payload, packet.Route.Mac, packet.Route.Port.Id, packet.Source, clock.GetUtcNow(),
            _reply, out DhcpReply reply))
        {
            GuestRoute route = new(packet.Route.Port, reply.DestinationMac);
            udp.SendFromGateway(
                route, new IpEndpoint(gateway, ServerPort),
                new IpEndpoint(reply.Destination, ClientPort),
                _reply.AsSpan(0, reply.LengthBytes));
        }
    }
}
