using Slipway.Stack;

namespace Slipway.Links;

/// <summary>Where guests come from: one TAP, or a socket that several may connect to.</summary>
public abstract class GuestLink : IDisposable
{
    /// <summary>What it is, for messages: "tap tap0", "stream /tmp/vm.sock".</summary>
    public abstract string Description { get; }

    /// <summary>Begins to receive; called once, on the worker.</summary>
    public abstract void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now);

    /// <summary>
    /// A way of another worker's own to a guest of this link; called on the link's worker, once
    /// for each other one. Null when there is none: then frames go through the link's worker.
    /// </summary>
    public virtual IGuestPort? QueueFor(IGuestPort port) => null;

    /// <summary>End of each turn: sends what was queued.</summary>
    public virtual void Flush(Instant now)
    {
    }

    /// <summary>
    /// Takes the link away while the engine goes on: its guests have left, and it is disposed.
    /// </summary>
    public void Close(IFrameReceiver receiver, Instant now)
    {
        IGuestPort[] ports = [.. OpenPorts];
        Dispose();
        foreach (IGuestPort port in ports)
        {
            receiver.OnPortClosed(port, now);
        }
    }

    /// <summary>Whether a guest of this link is there; on the link's worker.</summary>
    public bool Has(IGuestPort port)
    {
        IReadOnlyList<IGuestPort> ports = OpenPorts;
        for (int i = 0; i < ports.Count; i++)
        {
            if (ports[i] == port)
            {
                return true;
            }
        }

        return false;
    }

    public abstract void Dispose();

    /// <summary>Guests that are there.</summary>
    protected abstract IReadOnlyList<IGuestPort> OpenPorts { get; }
}
