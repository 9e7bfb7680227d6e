using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Connections that the host begins: of clients of published ports, and its own.</summary>
public sealed partial class TcpLayer
{
    /// <summary>
    /// A client has connected to a published port: the guest gets a SYN from the gateway's address
    /// and the client's port (or the next free one). The stream is closed by reset if the guest
    /// refuses.
    /// </summary>
    /// <param name="stream">The client's, which nobody watches.</param>
    /// <param name="client">Where it comes from.</param>
    /// <param name="guest">Where it goes.</param>
    /// <param name="now">The turn's time.</param>
    /// <param name="origin">Is told what the guest has answered.</param>
    public void AcceptFromHost(
        IHostStream stream, in IpEndpoint client, in IpEndpoint guest, Instant now,
        IFlowOrigin? origin = null)
    {
        FlowKey key = default;
        _neighbors.TryFind(guest.Address, out GuestRoute route);
        int link = route.Port?.Id ?? 0;
        if (IsDraining || !MakeRoom(link) || !TryChooseKey(
            _settings.SourceFor(client, guest.Address, origin), guest, out key))
        {
            Counters.Drop(IsDraining ? DropReason.Draining : DropReason.FlowLimit);
            stream.Close(reset: true);
            origin?.OnAnswered(HostError.NoResources);
            return;
        }

        TcpFlow flow = new(this, key, route);
        Add(flow, link);
        Counters.TcpFlowsOpened++;
        flow.Invite(stream, origin, now);
        _listeners.Adopt(stream, flow);
    }

    /// <summary>Resets all connections that somebody has begun.</summary>
    public void Abort(IFlowOrigin origin, Instant now)
    {
        TcpFlow?[] flows = new TcpFlow?[_flows.Count];
        int count = _flows.CopyTo(flows);
        for (int i = 0; i < count; i++)
        {
            if (flows[i] is TcpFlow flow && flow.Origin == origin)
            {
                flow.Abort(sendReset: flow.State != TcpState.SynSent, now);
            }
        }
    }

    /// <summary>The source's own port if it is free, else another.</summary>
    private bool TryChooseKey(in IpEndpoint source, in IpEndpoint guest, out FlowKey key)
    {
        const int lowestPort = 1024;
        ushort port = source.Port < lowestPort ? (ushort)49152 : source.Port;
        for (int i = 0; i < 1 << 16; i++)
        {
            key = new FlowKey(guest, new IpEndpoint(source.Address, port), IpProtocol.Tcp);
            if (_flows.Find(key) is null && Owns?.Invoke(key) != false)
            {
                return true;
            }

            port = port == ushort.MaxValue ? (ushort)lowestPort : (ushort)(port + 1);
        }

        key = default;
        return false;
    }
}
