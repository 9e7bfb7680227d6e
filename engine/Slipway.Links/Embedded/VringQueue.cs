using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A ring of a <see cref="VringLink"/>, and the descriptor of its kicks.</summary>
internal sealed class VringQueue(VringLink link, bool isTransmit) : IReadinessOwner
{
    private readonly byte[] _kicks = new byte[sizeof(ulong)];
    private IDescriptorWatcher? _watcher;
    private int _kick = -1;

    internal bool IsTransmit => isTransmit;

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
            watcher.Watch(_kick, Readiness.Readable, this);
            _watcher = watcher;
        }
    }

    public void OnReady(Readiness readiness, Instant now)
    {
        int read = Files.Read(_kick, _kicks);
        if (read is <= 0 and not (-Errno.EAGAIN or -Errno.EINTR))
        {
            CloseKick(); // it would be ready for ever
            return;
        }

        link.OnKick(this, now);
    }

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

        int copy = Files.Duplicate(descriptor);
        if (copy >= 0)
        {
            _ = Files.SetNonBlocking(copy);
            return copy;
        }

        throw new LinkException($"the {purpose} descriptor {descriptor} cannot be used "
            + $"({SocketPath.Text(-copy)}); give an open eventfd");
    }
}
