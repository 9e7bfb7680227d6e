using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// A vring as the VMM sets it up: size, addresses, first index and descriptors, in any order; it
/// runs from when all of it is there (with the kick) until its base is asked for.
/// </summary>
internal sealed class VhostUserRing : IReadinessOwner
{
    private readonly VhostUserConnection _connection;
    private int _kick = -1;
    private int _error = -1;

    internal VhostUserRing(VhostUserConnection connection, int index)
    {
        _connection = connection;
        Index = index;
    }

    /// <summary>Even ones are receiveqs, odd ones transmitqs (virtio 1.2 section 5.1.2).</summary>
    internal int Index { get; }

    internal bool IsTransmit => (Index & 1) != 0;

    internal SplitRing Ring { get; } = new();

    internal RingLayout Layout { get; set; }

    /// <summary>The first chain to take, as an index of the available ring.</summary>
    internal ushort Base { get; set; }

    internal bool IsEnabled { get; set; }

    internal bool HasKick => _kick >= 0;

    /// <summary>
    /// What the driver did wrong was told; said once for the connection, as it may do it again.
    /// </summary>
    internal bool IsFaultReported { get; set; }

    /// <summary>Takes over the descriptor that the driver's kicks come by.</summary>
    internal void SetKick(int descriptor, IDescriptorWatcher watcher)
    {
        CloseKick(watcher);
        watcher.WatchSignals(descriptor, this);
        _kick = descriptor;
    }

    /// <summary>Takes over the descriptor that calls the driver; -1 when it polls.</summary>
    internal void SetCall(int descriptor)
    {
        Close(Ring.CallDescriptor);
        Ring.CallDescriptor = descriptor;
        if (descriptor >= 0)
        {
            _ = Files.SetNonBlocking(descriptor);
        }
    }

    /// <summary>Takes over the descriptor by which the VMM learns that the ring broke.</summary>
    internal void SetError(int descriptor)
    {
        Close(_error);
        _error = descriptor;
        if (descriptor >= 0)
        {
            _ = Files.SetNonBlocking(descriptor);
        }
    }

    /// <summary>Tells the VMM that the ring broke.</summary>
    internal void SignalError()
    {
        if (_error >= 0)
        {
            Epoll.Signal(_error);
        }
    }

    /// <summary>The driver kicks.</summary>
    public void OnReady(Readiness readiness, Instant now) => _connection.OnKick(this, now);

    internal void CloseKick(IDescriptorWatcher watcher)
    {
        if (_kick >= 0)
        {
            watcher.Unwatch(_kick);
            Files.Close(_kick);
            _kick = -1;
        }
    }

    /// <summary>Back to how it was before the VMM set it up.</summary>
    internal void Reset(IDescriptorWatcher watcher)
    {
        Ring.Notify();
        Ring.Stop();
        CloseKick(watcher);
        SetCall(-1);
        SetError(-1);
        Layout = default;
        Base = 0;
        IsEnabled = false;
    }

    private static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }
    }
}
