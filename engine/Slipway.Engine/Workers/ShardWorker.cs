using Slipway.Links;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A worker that has a share of the flows; the rest it leaves to the keeper.</summary>
internal sealed partial class ShardWorker
    : Worker, IFrameRelay, INeighborKeeper, INeighborWaiter
{
    private readonly KeeperWorker _keeper;
    private readonly ShardStack _stack;
    private readonly SharedReceiver _receiver;
    private readonly Dictionary<int, IGuestPort> _ports = [];
    private volatile bool _hasRoom;

    public ShardWorker(
        StackSettings settings, FlowSharding sharding, int index, KeeperWorker keeper)
        : base(index)
    {
        Network.DescriptorCeiling = keeper.Network.DescriptorCeiling;
        _keeper = keeper;
        _stack = new ShardStack(
            settings, Counters, Network, Network, keeper.StreamsOn(this, settings), this, sharding,
            index, this);
        _receiver = new SharedReceiver(_stack, Shares);
    }

    protected override FlowStack Flows => _stack.Flows;

    /// <summary>Adds its flows to a list; from any thread.</summary>
    public void ListTo(List<FlowEntry> list)
    {
        Flows.Tcp.ListTo(list);
        Flows.Udp.ListTo(list);
    }

    /// <summary>What it has; for what is done in its turn.</summary>
    public FlowStack FlowsOfWorker => _stack.Flows;

    /// <summary>Does something in its turn, and returns when it is done.</summary>
    /// <exception cref="ObjectDisposedException">The worker has ended.</exception>
    public void Do(Action<Instant> action)
    {
        Invocation posted = new(action);
        Mailbox.Post(posted);
        posted.Wait();
    }

    /// <summary>The same without waiting for it.</summary>
    public void Post(Action<Instant> action) => Mailbox.Post(new Invocation(action));

    /// <summary>Something was written to a relay; on this worker.</summary>
    public void TellKeeper() => HasNewsFor(FlowSharding.Keeper);

    /// <summary>A relay that had no room has some again; on the keeper.</summary>
    public void TellRoom()
    {
        _hasRoom = true;
        Reactor.Wake();
    }

    public void PassToKeeper(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload) =>
        Send(FlowSharding.Keeper, WorkerMessage.Frame, port.Id, frame, offload);

    public void PassToShard(
        int worker, IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload) =>
        Send(worker, WorkerMessage.CheckedFrame, port.Id, frame, offload);

    public void Note(IpAddress guest, in GuestRoute route) => Send(
        FlowSharding.Keeper, WorkerMessage.Heard, route.Port.Id,
        new HeardGuest(guest, route.Mac));

    public void Resolve(IpAddress guest) => _keeper.PostResolve(guest, this);

    /// <summary>On the keeper: it has found a guest that was asked for.</summary>
    public void OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now) =>
        Mailbox.Post(new Resolved(this, address, route.Port.Id, route.Mac));

    /// <summary>On the keeper: nobody has answered.</summary>
    public void OnNeighborFailed(IpAddress address, Instant now) =>
        Mailbox.Post(new Failed(this, address));

    public void PostCapture(IFrameCapture? capture) => Mailbox.Post(new Captured(this, capture));

    public void PostOpened(IGuestPort port) => Mailbox.Post(new Opened(this, port));

    public void PostClosed(int port) => Mailbox.Post(new Closed(this, port));

    public void PostAccepted(
        IHostStream stream, in IpEndpoint client, in IpEndpoint guest, IFlowOrigin? origin) =>
        Mailbox.Post(new Accepted(this, stream, client, guest, origin));

    /// <summary>An address or a route of the host's came or went.</summary>
    public void PostNetworkChanged() => Mailbox.Post(new NetworkChanged(this));

    public void PostAbort(IFlowOrigin origin) => Mailbox.Post(new Aborted(this, origin));

    public override void Dispose()
    {
        Flows.Close(Reactor.Time);
        foreach (IGuestPort port in _ports.Values)
        {
            (port as IDisposable)?.Dispose();
        }

        base.Dispose();
    }

    protected override bool HasPort(int port) => _ports.ContainsKey(port);

    protected override void Receive(int from, in RingRecord record, Instant now)
    {
        if (!_ports.TryGetValue(record.Port, out IGuestPort? port))
        {
            return; // it has closed meanwhile
        }

        if (record.Kind == (uint)WorkerMessage.CheckedFrame)
        {
            _stack.OnCheckedFrame(
                port, record.Frame, record.Offload, isByKeeper: from == FlowSharding.Keeper, now);
            return;
        }

        HeardGuest guest = HeardGuest.Read(record.Frame);
        if (record.Kind == (uint)WorkerMessage.Confirmed)
        {
            _stack.Neighbors.Confirm(guest.Address, new GuestRoute(port, guest.Mac), now);
        }
        else
        {
            _stack.Neighbors.Revoke(guest.Address);
        }
    }

    protected override void EndTurn(Instant now)
    {
        if (!_hasRoom)
        {
            return;
        }

        // What is sent now goes out in the next turn, which does not wait: flows are queued.
        _hasRoom = false;
        foreach (IGuestPort port in _ports.Values)
        {
            _stack.OnPortWritable(port, now);
        }
    }
}
