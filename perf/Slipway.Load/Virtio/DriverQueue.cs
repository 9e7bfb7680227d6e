using Slipway.Linux;

namespace Slipway.Load.Virtio;

/// <summary>
/// The driver's side of a split virtqueue (virtio 1.2 section 2.7) that is polled: the device is
/// kicked when it asks for that (VIRTIO_F_EVENT_IDX), and never has to call.
/// <code>
///   descriptors 16 bytes each | flags u16 | idx u16 | ring u16[] | used_event u16
///                             | flags u16 | idx u16 | {id, len} u32[] | avail_event u16
/// </code>
/// A chain has one descriptor of the ring, which may be an indirect table: its number is that of
/// the slot whose buffers it describes.
/// </summary>
internal sealed unsafe class DriverQueue : IDisposable
{
    public const ushort Size = 256;

    /// <summary>VIRTQ_DESC_F_NEXT.</summary>
    public const ushort Next = 1;

    /// <summary>VIRTQ_DESC_F_WRITE: the device writes there.</summary>
    public const ushort Writable = 2;

    /// <summary>VIRTQ_DESC_F_INDIRECT.</summary>
    public const ushort Indirect = 4;

    public const int DescriptorBytes = 16;

    // An index that has been passed long ago, so that the device calls for none that comes.
    private const int FarBehind = 0x4000;
    private const int AvailableOffset = Size * DescriptorBytes;
    private const int UsedOffset = 2 * AvailableOffset;
    private const int TotalBytes = 3 * AvailableOffset;

    private readonly ushort* _available;
    private readonly ushort* _used;
    private readonly byte* _table;
    private ushort _offered;
    private ushort _published;
    private ushort _taken;

    public DriverQueue(VirtioMemory memory)
    {
        Offset = memory.Take(TotalBytes);
        _table = memory.At(Offset);
        _available = (ushort*)memory.At(Offset + AvailableOffset);
        _used = (ushort*)memory.At(Offset + UsedOffset);
        Kick = VirtioMemory.Checked(Epoll.CreateEvent(), "eventfd");
        Call = VirtioMemory.Checked(Epoll.CreateEvent(), "eventfd");
        SuppressCalls();
    }

    /// <summary>Where it is in the memory.</summary>
    public long Offset { get; }

    public int Kick { get; }

    public int Call { get; }

    public long Kicks { get; private set; }

    /// <summary>Addresses as the front end has them: table, available ring, used ring.</summary>
    public (ulong Table, ulong Available, ulong Used) Addresses(ulong userBase)
    {
        ulong table = userBase + (ulong)Offset;
        return (table, table + AvailableOffset, table + UsedOffset);
    }

    /// <summary>Writes the descriptor of a slot.</summary>
    public void Describe(int slot, ulong address, int lengthBytes, ushort flags) =>
        Describe(_table + (slot * DescriptorBytes), address, lengthBytes, flags, 0);

    /// <summary>Writes a descriptor anywhere.</summary>
    public static void Describe(
        byte* descriptor, ulong address, int lengthBytes, ushort flags, int next)
    {
        *(ulong*)descriptor = address;
        *(int*)(descriptor + 8) = lengthBytes;
        *(ushort*)(descriptor + 12) = flags;
        *(ushort*)(descriptor + 14) = (ushort)next;
    }

    /// <summary>Puts a slot's chain into the ring, for <see cref="Publish"/> to show.</summary>
    public void Offer(int slot)
    {
        _available[2 + (_offered & (Size - 1))] = (ushort)slot;
        _offered++;
    }

    /// <summary>Shows the device all that was offered, and kicks it if it wants to know.</summary>
    public void Publish()
    {
        if (_published == _offered)
        {
            return;
        }

        ushort before = _published;
        _published = _offered;
        Volatile.Write(ref _available[1], _published);
        Thread.MemoryBarrier();
        ushort wanted = Volatile.Read(ref _used[2 + (4 * Size)]);
        if ((ushort)(_published - wanted - 1) < (ushort)(_published - before))
        {
            Kicks++;
            ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
            _ = Files.Write(Kick, one);
        }
    }

    /// <summary>Takes back the next chain that the device is done with.</summary>
    public bool TryTake(out int slot, out int writtenBytes)
    {
        slot = writtenBytes = 0;
        if (Volatile.Read(ref _used[1]) == _taken)
        {
            return false;
        }

        uint* element = (uint*)(_used + 2) + (2 * (_taken & (Size - 1)));
        slot = (int)element[0];
        writtenBytes = (int)element[1];
        _taken++;
        SuppressCalls();
        return true;
    }

    public void Dispose()
    {
        Files.Close(Kick);
        Files.Close(Call);
    }

    private void SuppressCalls() =>
        Volatile.Write(ref _available[2 + Size], (ushort)(_taken - FarBehind));
}
