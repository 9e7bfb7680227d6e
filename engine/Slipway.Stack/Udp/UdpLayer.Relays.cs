using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Ports of the gateway's that come and go with what a service does for one guest. All else that
/// has a port goes before them.
/// </summary>
public sealed partial class UdpLayer
{
    // Below those of published ports' clients (PublishedClients).
    private const int FirstRelayPort = 32_768;
    private const int RelayPorts = 16_384;

    private readonly Dictionary<ushort, IDatagramService> _relays = [];
    private int _lastRelay;

    /// <summary>Gives a service a port that nothing else is on.</summary>
    /// <returns>False when there is none.</returns>
    public bool TryAddRelay(IDatagramService service, out ushort port)
    {
        for (int i = 0; i < RelayPorts; i++)
        {
            _lastRelay = (_lastRelay + 1) % RelayPorts;
            port = (ushort)(FirstRelayPort + _lastRelay);
            if (IsFree(_settings.Gateway, port)
                && (_settings.Ipv6 is not Ipv6Settings ipv6 || IsFree(ipv6.Gateway, port)))
            {
                _relays.Add(port, service);
                return true;
            }
        }

        port = 0;
        return false;
    }

    /// <summary>The port is free again.</summary>
    public void RemoveRelay(ushort port) => _relays.Remove(port);

    private bool IsFree(IpAddress gateway, ushort port) =>
        !_services.ContainsKey(port) && !_relays.ContainsKey(port)
        && _settings.FindService(IpProtocol.Udp, new IpEndpoint(gateway, port)) is null;

    private bool TryRelay(in GuestPacket packet, in UdpHeader header, Instant now)
    {
        if (!_relays.TryGetValue(header.DestinationPort, out IDatagramService? service))
        {
            return false;
        }

        service.Receive(packet, header.SourcePort, header.DestinationPort, header.Payload, now);
        return true;
    }
}
