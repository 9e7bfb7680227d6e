using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A ring of a <see cref="VringLink"/>, and the descriptor of its kicks.</summary>
internal sealed class VringQueue(VringLink link, bool isTransmit) : IReadinessOwner
{
    private IDescriptorWatcher? _watcher;
    private int _kick = -1;

    internal bool IsTransmit => isTransmit;

    internal string Name => isTransmit ? "transmit" : "receive";

    internal SplitRing Ring { get; } = new();

    /// <summary>What the driver did wrong was told.</summary>
    internal bool IsFaultReported { get; set; }

    /// <summary>Takes copies of a queue's descriptors.</summary>
    /// <exception cref="LinkException">One of them is none, or there are no more.</exception>
    internal void Take(in VringSettings settings)
    {
        _kick = Duplicate(settings.KickDescriptor, "kick");
        Ring.CallDescriptor = Duplicate(settings.CallDescriptor, "call");
    }

    internal void Start(IDescriptorWatcher watcher)
    {
        if (_kick >= 0)
        {
            watcher.WatchSignals(_kick, this);
            _watcher = watcher;
        }
    }

    public void OnReady(Readiness readiness, Instant now) => link.OnKick(this, now);

    /// <summary>Touches the guest's memory no more.</summary>
    internal void Stop()
    {
        Ring.Notify();
        Ring.Stop();
        CloseKick();
        if (Ring.CallDescriptor >= 0)
        {
            Files.Close(Ring.CallDescriptor);
            Ring.CallDescriptor = -1;
        }
    }

    private void CloseKick()
    {
        if (_kick >= 0)
        {
            _watcher?.Unwatch(_kick);
            Files.Close(_kick);
            _kick = -1;
        }
    }

    private static int Duplicate(int descriptor, string purpose)
    {
        if (descriptor < 0)
        {
            return -1;
        }

        // A pipe or a socket could raise SIGPIPE, or make a write wait.
        int copy = Files.Duplicate(descriptor);
        if (copy >= 0 && FileIdentity.IsAnonymous(copy))
        {
            return copy;
        }

        if (copy >= 0)
        {
            Files.Close(copy);
        }

        string reason = copy >= 0 ? "it is no eventfd" : SocketPath.Text(-copy);
        throw new LinkException(
            $"the {purpose} descriptor {descriptor} cannot be used ({reason}); give an open "
            + "eventfd");
    }
}
