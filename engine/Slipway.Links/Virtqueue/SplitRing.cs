namespace Slipway.Links;

/// <summary>
/// The device's side of a split virtqueue (virtio 1.2 section 2.7).
/// </summary>
/// <remarks>
/// <code>
///   descriptor table     available ring (driver writes)      used ring (device writes)
///   16 bytes each        flags u16 | idx u16 | ring u16[]    flags u16 | idx u16 | {id, len} u32[]
///                        | used_event u16                    | avail_event u16
/// </code>
/// Theory of operation. The driver is not trusted and runs at the same time: each of its fields is
/// read once into a local, checked and then used; what was written here is never read back. Chains
/// are taken from <see cref="_next"/> on, of which <see cref="_seen"/> are known to be there; they
/// are completed in the order in which they were taken, so what is in flight is always what is
/// between the used index and <see cref="_next"/>. Completions are published together.
/// <para>
/// Each side tells the other when it wants to be woken (section 2.7.7 and 2.7.10): with
/// VIRTIO_F_EVENT_IDX at which index, else by a flag. Asking to be woken, or to learn whether the
/// other asked, is a store and then a load of the other's store, which takes a full fence on both
/// sides.
/// </para>
/// </remarks>
internal sealed unsafe partial class SplitRing
{
    /// <summary>The largest queue size (section 2.7).</summary>
    internal const int LargestSize = 32_768;

    private const ushort NoNotify = 1;
    private const ushort NoInterrupt = 1;

    private GuestMemory? _memory;
    private VirtqDesc* _table;
    private ushort* _available;
    private ushort* _used;
    private int _size;
    private bool _hasEvents;
    private bool _hasIndirect;

    // The next chain to take; those up to _seen are there. All four indices wrap at 65,536.
    private ushort _next;
    private ushort _seen;

    // Completed here, of which up to _published are known to the driver, of which up to _called
    // it was considered for a call.
    private ushort _completed;
    private ushort _published;
    private ushort _called;

    // After a start nothing is known of what the driver was told: call without asking.
    private bool _isCallDue;

    /// <summary>The ring is mapped and keeps the rules.</summary>
    internal bool IsRunning { get; private set; }

    /// <summary>Why it stopped by itself.</summary>
    internal RingFault Fault { get; private set; }

    internal int Size => _size;

    /// <summary>The next chain to take, as an index of the available ring.</summary>
    internal ushort Next => _next;

    /// <summary>Begins where a driver and the device before left off.</summary>
    /// <param name="memory">Where the rings and all buffers are.</param>
    /// <param name="layout">The rings' addresses in the VMM.</param>
    /// <param name="next">The first chain to take.</param>
    /// <param name="hasEvents">VIRTIO_F_EVENT_IDX was negotiated.</param>
    /// <param name="hasIndirect">VIRTIO_F_INDIRECT_DESC was negotiated.</param>
    /// <param name="isResumed">The first chain to take is where the used ring ends.</param>
    /// <returns>False when a part of it is not in the memory, or not aligned.</returns>
    internal bool TryStart(
        GuestMemory memory, in RingLayout layout, ushort next, bool hasEvents, bool hasIndirect,
        bool isResumed = false)
    {
        _hasEvents = hasEvents;
        _hasIndirect = hasIndirect;
        if (!TryMap(memory, layout))
        {
            return false;
        }

        _completed = _published = _called = Volatile.Read(ref _used[1]);
        _next = _seen = isResumed ? _completed : next;
        _isCallDue = true;
        Fault = RingFault.None;
        IsRunning = true;
        SuppressKicks();
        return true;
    }

    /// <summary>Finds the rings again after the memory's mappings have changed.</summary>
    internal bool TryMap(GuestMemory memory, in RingLayout layout)
    {
        int size = layout.Size;
        if (size is 0 or > LargestSize || (size & (size - 1)) != 0)
        {
            return false;
        }

        _memory = memory;
        _size = size;
        _table = (VirtqDesc*)memory.TranslateUser(
            layout.Table, (ulong)size * VirtqDesc.SizeBytes);
        _available = (ushort*)memory.TranslateUser(layout.Available, 6 + (2 * (ulong)size));
        _used = (ushort*)memory.TranslateUser(layout.Used, 6 + (8 * (ulong)size));
        return _table is not null && _available is not null && _used is not null
            && (((nuint)_table & 15) | ((nuint)_available & 1) | ((nuint)_used & 3)) == 0;
    }

    /// <summary>Touches the memory no more.</summary>
    internal void Stop()
    {
        IsRunning = false;
        _memory = null;
        _table = null;
        _available = _used = null;
    }

    /// <summary>Stops for what the driver did; nothing it says is believed any more.</summary>
    internal void Fail(RingFault fault)
    {
        Fault = fault;
        Stop();
    }

    /// <summary>How many chains are there to be taken; 0 too when the driver lies.</summary>
    internal int CountAvailable()
    {
        if (!IsRunning)
        {
            return 0;
        }

        // Acquire: the chains are written before the index.
        _seen = Volatile.Read(ref _available[1]);
        int count = (ushort)(_seen - _next);
        if (count > _size)
        {
            Fail(RingFault.IndexJumped);
            return 0;
        }

        return count;
    }

    /// <summary>Takes the next chain, if there is one.</summary>
    internal bool TryTake(out ushort head)
    {
        head = 0;
        if (!IsRunning || (_seen == _next && CountAvailable() == 0))
        {
            return false;
        }

        head = Volatile.Read(ref _available[2 + (_next & (_size - 1))]);
        if (head >= _size)
        {
            Fail(RingFault.OutsideTable);
            return false;
        }

        _next++;
        return true;
    }

    /// <summary>Leaves the last chains that were taken to be taken again.</summary>
    internal void Return(int chains) => _next -= (ushort)chains;

    /// <summary>Gives a chain back to the driver, once this is published.</summary>
    /// <param name="head">The chain that was taken first and not completed.</param>
    /// <param name="writtenBytes">Bytes written into its buffers.</param>
    internal void Complete(ushort head, uint writtenBytes)
    {
        uint* element = (uint*)(_used + 2) + (2 * (_completed & (_size - 1)));
        element[0] = head;
        element[1] = writtenBytes;
        _completed++;
    }

    /// <summary>Lets the driver see all that is completed.</summary>
    internal void Publish()
    {
        if (IsRunning && _published != _completed)
        {
            // Release: buffers and elements are written before the index.
            Volatile.Write(ref _used[1], _completed);
            _published = _completed;
        }
    }
}
