using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Flows come to be here, and connects that fail are answered.</summary>
public sealed partial class TcpLayer : INeighborWaiter
{
    private readonly List<TcpFlow> _unresolved = [];
    private readonly GuestQueue<TcpFlow> _byGuest;
    private readonly GuestQueue<TcpFlow> _halfOpen;

    /// <summary>Flows whose handshake is not finished.</summary>
    public int HalfOpenCount => _halfOpen.Used;

    public void OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now)
    {
        for (int i = _unresolved.Count - 1; i >= 0; i--)
        {
            TcpFlow flow = _unresolved[i];
            if (flow.Key.Guest.Address == address)
            {
                _unresolved.RemoveAt(i);
                flow.Reroute(route);
            }
        }
    }

    public void OnNeighborFailed(IpAddress address, Instant now)
    {
        for (int i = _unresolved.Count - 1; i >= 0; i--)
        {
            TcpFlow flow = _unresolved[i];
            if (flow.Key.Guest.Address == address)
            {
                _unresolved.RemoveAt(i);
                if (flow.State == TcpState.SynSent)
                {
                    Counters.Drop(DropReason.NoNeighbor);
                    flow.TellAnswer(HostError.HostUnreachable);
                    flow.Abort(sendReset: false, now);
                }
            }
        }
    }

    /// <summary>Finds the flow's guest again, by ARP if need be.</summary>
    /// <returns>True if the flow has a route now.</returns>
    internal bool TryResolve(TcpFlow flow, Instant now)
    {
        if (_neighbors.TryFind(flow.Key.Guest.Address, out GuestRoute route))
        {
            flow.Reroute(route);
            return true;
        }

        if (!_unresolved.Contains(flow))
        {
            _unresolved.Add(flow);
        }

        _neighbors.Resolve(flow.Key.Guest.Address, this, now);
        return false;
    }

    internal void OnHandshakeFinished(TcpFlow flow)
    {
        if (flow.HalfOpenPlace >= 0)
        {
            _halfOpen.Remove(flow.HalfOpenPlace);
            flow.HalfOpenPlace = GuestQueue<TcpFlow>.None;
        }
    }

    /// <summary>Tells the guest what its connect came to, as the real network would have.</summary>
    internal void RefuseConnect(
        in GuestRoute route, in FlowKey key, SequenceNumber syn, HostError error, Instant now)
    {
        Counters.TcpConnectsFailed++;
        switch (error)
        {
            case HostError.TimedOut:
                return; // silence is what the guest would have had
            case HostError.NoResources:
                Counters.Drop(DropReason.HostResources);
                break;
            default:
                if (IcmpError.Of(error) is IcmpError told)
                {
                    SendUnreachable(route, key, syn, told, now);
                    return;
                }

                break;
        }

        SendBare(route, key, default, syn + 1, TcpFlags.Reset | TcpFlags.Acknowledgment);
    }

    /// <summary>RST to a segment of no connection, or with an ACK that no segment earned.</summary>
    internal void SendReset(in GuestRoute route, in FlowKey key, SequenceNumber acknowledged) =>
        SendBare(route, key, acknowledged, default, TcpFlags.Reset);

    private void Open(
        in GuestRoute route, in FlowKey key, in TcpHeader syn, in TcpOptions options,
        bool leavesChecksums, Instant now)
    {
        SequenceNumber sequence = new(syn.SequenceNumber);
        if (key.Guest.Port == 0 || key.Remote.Port == 0)
        {
            Counters.Drop(DropReason.TcpUnacceptable);
            return;
        }

        if (IsDraining || !MakeRoom(route.Port.Id))
        {
            Counters.Drop(IsDraining ? DropReason.Draining : DropReason.FlowLimit);
            SendBare(route, key, default, sequence + 1, TcpFlags.Reset | TcpFlags.Acknowledgment);
            return;
        }

        TcpFlow flow = new(this, key, route);
        HostError error = Connect(key, route.Port.Id, flow, out IHostStream? stream);
        if (stream is null || error is not (HostError.None or HostError.InProgress))
        {
            RefuseConnect(route, key, sequence, error, now);
            return;
        }

        Add(flow, route.Port.Id);
        Counters.TcpFlowsOpened++;
        flow.Hold(syn, options, leavesChecksums, stream, now);
    }

    private HostError Connect(
        in FlowKey key, int link, TcpFlow flow, out IHostStream? stream)
    {
        stream = null;
        if (_settings.FindService(IpProtocol.Tcp, key.Remote) is ServiceTarget target)
        {
            return target.Connect(_network, link, flow, out stream);
        }

        if (_settings.IsGateway(key.Remote.Address))
        {
            return _services.Open(key.Remote, key.Guest, link, flow, out stream);
        }

        if (_settings.Services.Current.IsVirtual(key.Remote.Address))
        {
            return HostError.Refused;
        }

        if (!_destinations.TryToHost(key.Remote.Address, out IpAddress address))
        {
            return HostError.HostUnreachable;
        }

        IpEndpoint remote = new(address, key.Remote.Port);
        if (_settings.IsHostAlias(key.Remote.Address)
            && _settings.Published.Refuses(IpProtocol.Tcp, remote, link))
        {
            Counters.Drop(DropReason.OtherGroup);
            return HostError.Refused;
        }

        return !_settings.IsHostAlias(key.Remote.Address) && _services.Intercepts(remote)
            ? _services.Open(remote, key.Guest, link, flow, out stream)
            : _network.ConnectTcp(remote, flow, out stream);
    }

    private void AnswerStray(in GuestRoute route, in FlowKey key, in TcpHeader header)
    {
        if ((header.Flags & TcpFlags.Acknowledgment) != 0)
        {
            SendReset(route, key, new SequenceNumber(header.AcknowledgmentNumber));
            return;
        }

        int length = header.Payload.Length
            + ((header.Flags & TcpFlags.Syn) != 0 ? 1 : 0) + ((header.Flags & TcpFlags.Fin) != 0
                ? 1 : 0);
        SendBare(route, key, default, new SequenceNumber(header.SequenceNumber) + length,
            TcpFlags.Reset | TcpFlags.Acknowledgment);
    }

    /// <summary>A segment without options from an endpoint that has no flow.</summary>
    /// <returns>False when the link was full.</returns>
    private bool SendBare(
        in GuestRoute route, in FlowKey key, SequenceNumber sequence,
            SequenceNumber acknowledgment, TcpFlags flags)
    {
        Span<byte> segment = PacketOutput.Reserve(
            route.Port, key.Guest.Address, TcpHeader.MinimumLengthBytes);
        if (segment.IsEmpty)
        {
            Counters.Drop(DropReason.LinkFull);
            return false;
        }

        TcpHeader.Write(segment, TcpHeader.MinimumLengthBytes, key.Remote.Port, key.Guest.Port,
            sequence.Value, acknowledgment.Value, flags, 0, 0, key.Remote.Address,
                key.Guest.Address);
        Output.Commit(route, key.Remote.Address, key.Guest.Address, IpProtocol.Tcp, segment.Length);
        Counters.TcpResetsSent++;
        return true;
    }

    private void SendUnreachable(
        in GuestRoute route, in FlowKey key, SequenceNumber syn, IcmpError error, Instant now)
    {
        Span<byte> start = stackalloc byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(start, key.Guest.Port);
        BinaryPrimitives.WriteUInt16BigEndian(start[2..], key.Remote.Port);
        BinaryPrimitives.WriteUInt32BigEndian(start[4..], syn.Value);
        _icmpErrors.SendForFlow(
            route, key, _settings.GatewayFor(key.Guest.Address), error, 0, start, now);
    }

    /// <summary>
    /// Room for one more flow of a guest's: at its share of what is half-open, or of all flows, at
    /// the cost of its own oldest half-open one; where others have left none, at the cost of that
    /// of whoever has most of them.
    /// </summary>
    /// <returns>False where there is none that could make room.</returns>
    private bool MakeRoom(int link)
    {
        while (_halfOpen.FindVictim(link) is >= 0 and int oldest)
        {
            Counters.Drop(DropReason.FlowLimit);
            GiveUp(_halfOpen.At(oldest));
        }

        for (bool isAtShare; (isAtShare = _byGuest.IsAtShare(_byGuest.CountOf(link)))
            || _byGuest.IsFull;)
        {
            _byGuest.CountRefused(isAtShare);
            int oldest = isAtShare ? _halfOpen.OldestOf(link) : _halfOpen.OldestOfLargest();
            if (oldest < 0)
            {
                return false;
            }

            Counters.Drop(DropReason.FlowLimit);
            GiveUp(_halfOpen.At(oldest));
        }

        return true;
    }

    private static void GiveUp(TcpFlow flow)
    {
        flow.TellAnswer(HostError.NoResources);
        flow.Release(hostReset: true);
    }

    private void Add(TcpFlow flow, int link)
    {
        _flows.TryAdd(flow.Key, flow);
        flow.Place = _byGuest.Add(link, flow);
        flow.HalfOpenPlace = _halfOpen.Add(link, flow);
    }
}
