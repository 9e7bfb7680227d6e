using Slipway.Links;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// What the keeper asks of a worker by its mailbox: rare, so it may be allocated.
/// </summary>
internal sealed partial class ShardWorker
{
    private sealed class Opened(ShardWorker worker, IGuestPort port) : Command, IDisposable
    {
        public void Dispose() => (port as IDisposable)?.Dispose();

        public override void Run(Instant now)
        {
            worker._ports.Add(port.Id, port);
            worker._stack.OnPortOpened(port, now);
            (port as TapQueue)?.Start(worker.Reactor, worker._receiver);
        }
    }

    private sealed class Closed(ShardWorker worker, int port) : Command
    {
        public override void Run(Instant now)
        {
            if (worker._ports.Remove(port, out IGuestPort? closed))
            {
                worker._receiver.OnPortClosed(closed, now);
                (closed as IDisposable)?.Dispose();
                worker.CloseRings(port);
            }
        }
    }

    private sealed class Accepted(
        ShardWorker worker, IHostStream stream, IpEndpoint client, IpEndpoint guest,
        IFlowOrigin? origin) : Command, IDisposable
    {
        public void Dispose()
        {
            stream.Close(reset: true);
            origin?.OnAnswered(HostError.Reset);
        }

        public override void Run(Instant now)
        {
            worker.Network.Take(stream);
            worker.Flows.Tcp.AcceptFromHost(stream, client, guest, now, origin);
        }
    }

    private sealed class Resolved(
        ShardWorker worker, IpAddress guest, int port, MacAddress mac) : Command
    {
        public override void Run(Instant now)
        {
            if (worker._ports.TryGetValue(port, out IGuestPort? found))
            {
                worker._stack.Neighbors.Resolved(guest, new GuestRoute(found, mac), now);
            }
            else
            {
                worker._stack.Neighbors.Failed(guest, now);
            }
        }
    }

    private sealed class Aborted(ShardWorker worker, IFlowOrigin origin) : Command
    {
        public override void Run(Instant now) => worker.Flows.Tcp.Abort(origin, now);
    }

    private sealed class NetworkChanged(ShardWorker worker) : Command
    {
        public override void Run(Instant now) => worker.Flows.Tcp.OnNetworkChanged(now);
    }

    private sealed class Captured(ShardWorker worker, IFrameCapture? capture) : Command
    {
        public override void Run(Instant now) => worker.Flows.Capture = capture;
    }

    private sealed class Failed(ShardWorker worker, IpAddress guest) : Command
    {
        public override void Run(Instant now) => worker._stack.Neighbors.Failed(guest, now);
    }
}
