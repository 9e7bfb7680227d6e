using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Published ports: clients of the host's socket talk to a guest's endpoint.</summary>
/// <remarks>
/// The guest sees each client as a port of the gateway's address, and its answers to that port go
/// back to the client from the published socket, and from the address that the client has used. A
/// publication may show clients as they are: then the guest's answers to their own endpoints are
/// those of the publication, and no flow to the outside. While a guest is being asked for by ARP
/// its first datagrams are kept (RFC 1122 section 2.3.2.2).
/// </remarks>
public sealed partial class UdpLayer : INeighborWaiter
{
    private const int HeldPerGuest = 3;
    private const int HeldInAll = 64;

    private readonly PublishedClients _clients;
    private readonly List<HeldDatagram> _held = [];

    // Those that show their clients.
    private readonly List<PublicationFlow> _showing = [];
    private byte[]? _headed;

    /// <summary>Clients of published ports that are remembered.</summary>
    public int PublishedClientCount => _clients.Count;

    /// <summary>Datagrams of a bound socket of the host go to a guest.</summary>
    /// <param name="watch">Has the socket watched for its owner.</param>
    /// <param name="guest">Where its datagrams go.</param>
    /// <param name="guestPort">And to which port there.</param>
    /// <param name="datagrams">What it is told of their senders.</param>
    public UdpPublication Publish(
        Func<IReadinessOwner, IHostDatagramSocket> watch, IPublishedGuest guest, ushort guestPort,
        PublishedDatagrams datagrams = default)
    {
        PublicationFlow flow = new(this, _turn, guest, guestPort, datagrams);
        flow.Socket = watch(flow);
        if (datagrams.Origin?.ShowsClients == true)
        {
            _showing.Add(flow);
        }

        return new UdpPublication(flow, flow.Socket.LocalEndpoint);
    }

    void INeighborWaiter.OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now)
    {
        for (int i = 0; i < _held.Count; i++)
        {
            if (_held[i].Guest == address)
            {
                _output.SendFragmented(
                    route, _held[i].Source, address, IpProtocol.Udp, _held[i].Datagram);
            }
        }

        _held.RemoveAll(held => held.Guest == address);
    }

    void INeighborWaiter.OnNeighborFailed(IpAddress address, Instant now) =>
        _held.RemoveAll(held => held.Guest == address);

    /// <summary>Passes a client's datagram on to the guest.</summary>
    internal void ReceiveFromClient(
        PublicationFlow publication, in IpEndpoint client, IpAddress local, Span<byte> datagram,
        Instant now)
    {
        if (!publication.TryLocate(now))
        {
            Counters.Drop(DropReason.NoNeighbor);
            return;
        }

        IpEndpoint guest = publication.Guest;
        ushort port = _clients.PortOf(publication, client, local, now);
        IpEndpoint source = SourceOf(publication, client, port);
        if (publication.Datagrams.HasProxyHeader
            && !TryAddHeader(publication, client, local, ref datagram))
        {
            Counters.Drop(DropReason.FrameTooLong);
            return;
        }

        UdpHeader.Write(datagram, source.Port, guest.Port, source.Address, guest.Address);
        if (_neighbors.TryFind(guest.Address, out GuestRoute route))
        {
            _output.SendFragmented(
                route, source.Address, guest.Address, IpProtocol.Udp, datagram);
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

        _held.Add(new HeldDatagram(source.Address, guest.Address, datagram.ToArray()));
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
            SendReport(
                route, publication.Guest, SourceOf(publication, report.Remote, port), report,
                quoted, now);
        }
    }

    internal void Remove(PublicationFlow publication)
    {
        _clients.RemoveAll(publication);
        _showing.Remove(publication);
    }

    // Where the guest sees a client.
    private IpEndpoint SourceOf(
        PublicationFlow publication, in IpEndpoint client, ushort port)
    {
        IpAddress guest = publication.Guest.Address;
        IpEndpoint source = _settings.SourceFor(client, guest, publication.Datagrams.Origin);
        return source.Address == client.Address ? source
            : new IpEndpoint(_settings.GatewayFor(guest), port);
    }

    // A header in front of the payload, in memory of this layer's.
    private bool TryAddHeader(
        PublicationFlow publication, in IpEndpoint client, IpAddress local,
        ref Span<byte> datagram)
    {
        IpEndpoint bound = publication.Socket!.LocalEndpoint;
        IpEndpoint target = local.IsUnspecified ? bound : bound with { Address = local };
        _headed ??= new byte[UdpHeader.LengthBytes + ushort.MaxValue];
        int header = ProxyHeader.WriteUdp(
            _headed.AsSpan(UdpHeader.LengthBytes), client, target);
        ReadOnlySpan<byte> payload = datagram[UdpHeader.LengthBytes..];
        if (header + payload.Length > DatagramRun.MostBytes)
        {
            return false;
        }

        payload.CopyTo(_headed.AsSpan(UdpHeader.LengthBytes + header));
        datagram = _headed.AsSpan(0, UdpHeader.LengthBytes + header + payload.Length);
        return true;
    }

    // False when it is not from a published port that shows its clients, or to none of them.
    private bool TryReplyToShown(in GuestPacket packet, in UdpHeader header, Instant now)
    {
        IpEndpoint guest = new(packet.Source, header.SourcePort);
        IpEndpoint remote = new(packet.Destination, header.DestinationPort);
        foreach (PublicationFlow publication in _showing)
        {
            if (publication.Guest == guest
                && _clients.TryFindClient(publication, remote, now, out PublishedClient client))
            {
                Reply(publication, client, packet, header, now);
                return true;
            }
        }

        return false;
    }

    // False when no client has the port, or another guest does.
    private bool TryReplyToClient(in GuestPacket packet, in UdpHeader header, Instant now)
    {
        IpEndpoint guest = new(packet.Source, header.SourcePort);
        if (!_clients.TryFindClient(
            header.DestinationPort, guest, now, out PublicationFlow? publication,
            out PublishedClient client))
        {
            return false;
        }

        Reply(publication, client, packet, header, now);
        return true;
    }

    private void Reply(
        PublicationFlow publication, in PublishedClient client, in GuestPacket packet,
        in UdpHeader header, Instant now)
    {
        DatagramOptions options = new(
            PacketOutput.DefaultTtl, packet.TypeOfService, packet.DontFragment)
        {
            Source = client.Local,
        };
        HostError error = publication.SendSegments(
            client.Endpoint, header.Payload, SegmentBytesOf(packet, header), options, now);
        if (error != HostError.None)
        {
            RefuseSend(packet, error, now);
        }
    }

    private readonly record struct HeldDatagram(
        IpAddress Source, IpAddress Guest, byte[] Datagram);
}
