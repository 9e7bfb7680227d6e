using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Flows come to be here, and connects that fail are answered.</summary>
public sealed partial class TcpLayer : INeighborWaiter
{
    private readonly List<TcpFlow> _unresolved = [];
    private TcpFlow? _halfOpenOldest;
    private TcpFlow? _halfOpenNewest;

    /// <summary>Flows whose handshake is not finished.</summary>
    public int HalfOpenCount { get; private set; }

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
        if (!flow.IsHalfOpen)
        {
            return;
        }

        flow.IsHalfOpen = false;
        HalfOpenCount--;
        if (flow.HalfOpenPrevious is TcpFlow previous)
        {
            previous.HalfOpenNext = flow.HalfOpenNext;
        }
        else
        {
            _halfOpenOldest = flow.HalfOpenNext;
        }

        if (flow.HalfOpenNext is TcpFlow next)
        {
            next.HalfOpenPrevious = flow.HalfOpenPrevious;
        }
        else
        {
            _halfOpenNewest = flow.HalfOpenPrevious;
        }

        flow.HalfOpenNext = null;
        flow.HalfOpenPrevious = null;
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

        if (IsDraining || !MakeRoom())
        {
            Counters.Drop(IsDraining ? DropReason.Draining : DropReason.FlowLimit);
            SendBare(route, key, default, sequence + 1, TcpFlags.Reset | TcpFlags.Acknowledgment);
            return;
        }

        TcpFlow flow = new(this, key, route);
        HostError error = Connect(key, flow, out IHostStream? stream);
        if (stream is null || error is not (HostError.None or HostError.InProgress))
        {
            RefuseConnect(route, key, sequence, error, now);
            return;
        }

        _flows.TryAdd(key, flow);
        AddHalfOpen(flow);
        Counters.TcpFlowsOpened++;
        flow.Hold(syn, options, leavesChecksums, stream, now);
    }

    private HostError Connect(in FlowKey key, TcpFlow flow, out IHostStream? stream)
    {
        stream = null;
        if (_settings.FindService(IpProtocol.Tcp, key.Remote) is ServiceTarget target)
        {
            return target.Connect(_network, key.Guest, flow, out stream);
        }

        if (_settings.IsGateway(key.Remote.Address))
        {
            return _services.Open(key.Remote, key.Guest, flow, out stream);
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
        return !_settings.IsHostAlias(key.Remote.Address) && _services.Intercepts(remote)
            ? _services.Open(remote, key.Guest, flow, out stream)
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

    /// <summary>Room for one more flow, at the cost of the oldest half-open one.</summary>
    private bool MakeRoom()
    {
        while (HalfOpenCount >= _settings.Limits.TcpHalfOpen
            || _flows.Count >= _settings.Limits.TcpFlows)
        {
            if (_halfOpenOldest is not TcpFlow oldest)
            {
                return false;
            }

            Counters.Drop(DropReason.FlowLimit);
            oldest.TellAnswer(HostError.NoResources);
            oldest.Release(hostReset: true);
        }

        return true;
    }

    private void AddHalfOpen(TcpFlow flow)
    {
        flow.IsHalfOpen = true;
        HalfOpenCount++;
        flow.HalfOpenPrevious = _halfOpenNewest;
        if (_halfOpenNewest is TcpFlow newest)
        {
            newest.HalfOpenNext = flow;
        }
        else
        {
            _halfOpenOldest = flow;
        }

        _halfOpenNewest = flow;
    }
}
