using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Published ports: clients of the host's socket talk to a guest's endpoint.</summary>
/// <remarks>
/// The guest sees each client as a port of the gateway's address, and its answers to that port go
/// back to the client from the published socket. While a guest is being asked for by ARP its first
/// datagrams are kept (RFC 1122 section 2.3.2.2).
/// </remarks>
public sealed partial class UdpLayer : INeighborWaiter
{
    private const int HeldPerGuest = 3;
    private const int HeldInAll = 64;

    private readonly PublishedClients _clients;
    private readonly List<HeldDatagram> _held = [];

    /// <summary>Clients of published ports that are remembered.</summary>
    public int PublishedClientCount => _clients.Count;

    /// <summary>Datagrams of a bound socket of the host go to a guest.</summary>
    /// <param name="watch">Has the socket watched for its owner.</param>
    /// <param name="guest">Where its datagrams go.</param>
    /// <param name="guestPort">And to which port there.</param>
    public UdpPublication Publish(
        Func<IReadinessOwner, IHostDatagramSocket> watch, IPublishedGuest guest, ushort guestPort)
    {
        PublicationFlow flow = new(this, _turn, guest, guestPort);
        flow.Socket = watch(flow);
        return new UdpPublication(flow, flow.Socket.LocalEndpoint);
    }

    void INeighborWaiter.OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now)
    {
        for (int i = 0; i < _held.Count; i++)
        {
            if (_held[i].Guest == address)
            {
                _output.SendFragmented(
                    route, _settings.GatewayFor(address), address, IpProtocol.Udp,
                    _held[i].Datagram);
            }
        }

        _held.RemoveAll(held => held.Guest == address);
    }

    void INeighborWaiter.OnNeighborFailed(IpAddress address, Instant now) =>
        _held.RemoveAll(held => held.Guest == address);

    /// <summary>Passes a client's datagram on to the guest.</summary>
    internal void ReceiveFromClient(
        PublicationFlow publication, in IpEndpoint client, Span<byte> datagram, Instant now)
    {
        if (!publication.TryLocate(now))
        {
            Counters.Drop(DropReason.NoNeighbor);
            return;
        }

        IpEndpoint guest = publication.Guest;
        ushort port = _clients.PortOf(publication, client, now);
        IpAddress gateway = _settings.GatewayFor(guest.Address);
        UdpHeader.Write(datagram, port, guest.Port, gateway, guest.Address);
        if (_neighbors.TryFind(guest.Address, out GuestRoute route))
        {
            _output.SendFragmented(route, gateway, guest.Address, IpProtocol.Udp, datagram);
            return;
        }

        int heldForGuest = 0;
        foreach (HeldDatagram held in _held)
        {
            heldForGuest += held.Guest == guest.Address ? 1 : 0;
        }

        if (heldForGuest >= HeldPerGuest || _held.Count >= HeldInAll)
        {
            Counters.Drop(DropReason.NoNeighbor);
            return;
        }

        _held.Add(new HeldDatagram(guest.Address, datagram.ToArray()));
        _neighbors.Resolve(guest.Address, this, now);
    }

    /// <summary>Tells the guest that a client could not be reached.</summary>
    internal void ReportOfClient(
        PublicationFlow publication, in HostErrorReport report, ReadOnlySpan<byte> quoted,
        Instant now)
    {
        if (_clients.TryFindPort(publication, report.Remote, out ushort port)
            && _neighbors.TryFind(publication.Guest.Address, out GuestRoute route))
        {
            IpEndpoint remote = new(_settings.GatewayFor(publication.Guest.Address), port);
            SendReport(route, publication.Guest, remote, report, quoted, now);
        }
    }

    internal void Remove(PublicationFlow publication) => _clients.RemoveAll(publication);

    // False when no client has the port, or another guest does.
    private bool TryReplyToClient(in GuestPacket packet, in UdpHeader header, Instant now)
    {
        IpEndpoint guest = new(packet.Source, header.SourcePort);
        if (!_clients.TryFindClient(
            header.DestinationPort, guest, now, out PublicationFlow? publication,
            out IpEndpoint client))
        {
            return false;
        }

        DatagramOptions options = new(
            PacketOutput.DefaultTtl, packet.TypeOfService, packet.DontFragment);
        HostError error = publication.SendSegments(
            client, header.Payload, SegmentBytesOf(packet, header), options, now);
        if (error != HostError.None)
        {
            RefuseSend(packet, error, now);
        }

        return true;
    }

    private readonly record struct HeldDatagram(IpAddress Guest, byte[] Datagram);
}
