using Slipway.Linux;

namespace Slipway.Links;

/// <summary>Who is to be woken, and who wants to be (virtio 1.2 section 2.7.7, 2.7.10).</summary>
internal sealed unsafe partial class SplitRing
{
    /// <summary>The eventfd that is the driver's interrupt; -1 when it polls.</summary>
    internal int CallDescriptor { get; set; } = -1;

    private ref ushort UsedEvent => ref _available[2 + _size];

    private ref ushort AvailableEvent => ref _used[2 + (4 * _size)];

    /// <summary>
    /// Asks for a kick with the next chain that comes. False when one has come meanwhile: then
    /// there may be no kick, and there is something to take.
    /// </summary>
    internal bool TryArmKick()
    {
        if (!IsRunning)
        {
            return true;
        }

        ushort seen = _seen;
        if (_hasEvents)
        {
            Volatile.Write(ref AvailableEvent, seen);
        }
        else
        {
            Volatile.Write(ref _used[0], 0);
        }

        Thread.MemoryBarrier();
        CountAvailable();
        return !IsRunning || _seen == seen;
    }

    /// <summary>
    /// Asks for no kicks while chains are taken anyway. With an event index there is nothing to
    /// write: the index asked for has been passed.
    /// </summary>
    internal void SuppressKicks()
    {
        if (IsRunning && !_hasEvents)
        {
            Volatile.Write(ref _used[0], NoNotify);
        }
    }

    /// <summary>Publishes what is completed, and calls the driver if it wants that.</summary>
    internal void Notify()
    {
        Publish();
        if (TakeCall() && CallDescriptor >= 0)
        {
            Epoll.Signal(CallDescriptor);
        }
    }

    /// <summary>Whether the driver wants a call for what was published since the last.</summary>
    internal bool TakeCall()
    {
        if (!IsRunning || (_called == _published && !_isCallDue))
        {
            return false;
        }

        ushort before = _called;
        _called = _published;
        Thread.MemoryBarrier();
        if (_isCallDue)
        {
            _isCallDue = false;
            return true;
        }

        if (!_hasEvents)
        {
            return (Volatile.Read(ref _available[0]) & NoInterrupt) == 0;
        }

        // vring_need_event: the index asked for lies in [before, published).
        ushort wanted = Volatile.Read(ref UsedEvent);
        return (ushort)(_published - wanted - 1) < (ushort)(_published - before);
    }
}
