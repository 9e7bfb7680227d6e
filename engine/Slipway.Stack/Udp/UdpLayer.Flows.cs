using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Flows of guests' endpoints: opened, told of what comes back, closed.</summary>
public sealed partial class UdpLayer
{
    /// <summary>One socket serves all remotes of a family.</summary>
    internal static FlowKey KeyOf(in IpEndpoint guest, IpAddress hostRemote) => new(
        guest,
        new IpEndpoint(hostRemote.IsIPv4 ? IpAddress.IPv4Any : IpAddress.IPv6Any, 0),
        IpProtocol.Udp);

    internal static Duration LifetimeOf(UdpFlowKind kind) => Duration.FromSeconds(kind switch
    {
        UdpFlowKind.NameQuery => 15,
        UdpFlowKind.Unreplied => 30,
        _ => 180,
    });

    internal LruTable<IpAddress, byte> NewRemotes() =>
        new(Math.Max(_settings.Limits.UdpRemotesPerFlow, 2), _hash.Of);

    /// <summary>Passes a datagram on to the guest.</summary>
    internal void SendToGuest(UdpFlow flow, in IpEndpoint remote, Span<byte> datagram)
    {
        if (!TryFindRoute(flow, out GuestRoute route))
        {
            Counters.Drop(DropReason.NoNeighbor);
            return;
        }

        IpEndpoint guest = flow.Guest;
        UdpHeader.Write(datagram, remote.Port, guest.Port, remote.Address, guest.Address);
        _output.SendFragmented(route, remote.Address, guest.Address, IpProtocol.Udp, datagram);
    }

    /// <summary>Tells the guest of an ICMP error as the network would have.</summary>
    internal void Report(
        UdpFlow flow, in HostErrorReport report, ReadOnlySpan<byte> quoted, Instant now)
    {
        if (TryFindRoute(flow, out GuestRoute route))
        {
            SendReport(
                route, flow.Guest, flow.NameOf(report.Remote), report, quoted, now);
        }
    }

    internal void NoteActive(UdpFlow flow)
    {
        _byActivity.Touch(flow.Place);
    }

    /// <summary>Ends a flow; between two turns.</summary>
    /// <returns>False when there is none.</returns>
    public bool End(in FlowKey key, Instant now)
    {
        UdpFlow? flow = _flows.Find(key);
        if (flow is not null)
        {
            Remove(flow, now);
        }

        return flow is not null;
    }

    /// <summary>Closes the sockets of all flows.</summary>
    internal void Close(Instant now)
    {
        for (int place; (place = _byActivity.OldestOfLargest()) >= 0;)
        {
            Remove(_byActivity.At(place), now);
        }
    }

    internal void Remove(UdpFlow flow, Instant now)
    {
        if (_gatheredFlow == flow)
        {
            Flush(now);
        }

        _flows.Remove(flow.Key);
        _byActivity.Remove(flow.Place);
        _servedFlows -= flow.Service is null ? 0 : 1;
        flow.Close();
    }

    private void SendReport(
        in GuestRoute route, in IpEndpoint guest, in IpEndpoint remote, in HostErrorReport report,
        ReadOnlySpan<byte> quoted, Instant now)
    {
        IcmpError error = IcmpError.Of(report);
        if (!error.IsForGuests)
        {
            Counters.Drop(DropReason.Icmp);
            return;
        }

        SendError(
            route, guest, remote, OffenderOf(report, guest.Address, Destinations, _settings),
            error, IcmpError.MtuBytesFor(report, guest.Address), quoted, now);
    }

    /// <summary>
    /// An ICMP error about a datagram of which no more than this payload is left.
    /// </summary>
    private void SendError(
        in GuestRoute route, in IpEndpoint guest, in IpEndpoint remote, IpAddress offender,
        IcmpError error, int mtuBytes, ReadOnlySpan<byte> quoted, Instant now)
    {
        Span<byte> datagram =
            stackalloc byte[UdpHeader.LengthBytes + DatagramTurn.QuoteLengthBytes];
        datagram = datagram[..(UdpHeader.LengthBytes + quoted.Length)];
        quoted.CopyTo(datagram[UdpHeader.LengthBytes..]);
        UdpHeader.Write(datagram, guest.Port, remote.Port, guest.Address, remote.Address);
        _errors.SendForFlow(
            route, new FlowKey(guest, remote, IpProtocol.Udp), offender, error, mtuBytes,
            datagram, now);
    }

    /// <summary>
    /// Who the guest hears an error from: the gateway where the host itself reported it.
    /// </summary>
    internal static IpAddress OffenderOf(
        in HostErrorReport report, IpAddress guest, DestinationMap destinations,
        StackSettings settings)
    {
        IpAddress offender = destinations.ToGuest(report.Offender, guest);
        return offender.IsUnspecified || offender.IsLoopback || offender.IsIPv4 != guest.IsIPv4
            ? settings.GatewayFor(guest) : offender;
    }

    private UdpFlow? Open(in GuestPacket packet, UdpFlow flow, Instant now)
    {
        int link = packet.Route.Port.Id;
        if (_byActivity.FindVictim(link) is >= 0 and int idlest)
        {
            Counters.UdpFlowsEvicted++;
            Remove(_byActivity.At(idlest), now);
        }

        HostError error = _network.OpenUdp(
            flow.IsIPv4AtHost, flow, out IHostDatagramSocket? socket);
        if (error != HostError.None)
        {
            // Flows that exist go on: for want of descriptors the new one is refused.
            Counters.Drop(DropReason.HostResources);
            _errors.SendAbout(packet, IcmpError.HostUnreachable, now);
            return null;
        }

        flow.Socket = socket;
        _flows.TryAdd(flow.Key, flow);
        _servedFlows += flow.Service is null ? 0 : 1;
        flow.Place = _byActivity.Add(link, flow);
        Counters.UdpFlowsOpened++;
        return flow;
    }

    private bool TryFindRoute(UdpFlow flow, out GuestRoute route)
    {
        route = flow.Route;
        return route.Port is not null || _neighbors.TryFind(flow.Guest.Address, out route);
    }
}
