using System.Buffers.Binary;

namespace Slipway.Links.Tests;

/// <summary>
/// The driver's side of a split virtqueue, as a guest's kernel has it (virtio 1.2 section 2.7.13),
/// but obeying whatever the test has it do.
/// </summary>
internal sealed class DriverRing
{
    internal const ushort Next = 1;
    internal const ushort Writable = 2;
    internal const ushort Indirect = 4;

    private readonly SharedMemory _memory;
    private readonly ulong _table;
    private readonly ulong _available;
    private readonly ulong _used;
    private int _freeDescriptor;
    private ushort _usedSeen;

    /// <param name="memory">Where everything is.</param>
    /// <param name="place">Of the rings, from the memory's start; aligned to 16.</param>
    /// <param name="size">Descriptors.</param>
    internal DriverRing(SharedMemory memory, ulong place, int size)
    {
        _memory = memory;
        Size = size;
        _table = SharedMemory.GuestBase + place;
        _available = _table + (16 * (ulong)size);
        _used = (_available + 6 + (2 * (ulong)size) + 3) & ~3ul;
    }

    internal int Size { get; }

    /// <summary>The available ring's index.</summary>
    internal ushort Available { get; private set; }

    internal RingLayout Layout => new(
        Size, ToUser(_table), ToUser(_available), ToUser(_used));

    internal ushort UsedIndex => _memory.ReadU16(_used + 2);

    internal ushort UsedFlags => _memory.ReadU16(_used);

    internal ushort AvailableEvent => _memory.ReadU16(_used + 4 + (8 * (ulong)Size));

    internal void SetUsedEvent(int index) =>
        _memory.WriteU16(_available + 4 + (2 * (ulong)Size), index);

    internal void SetFlags(int flags) => _memory.WriteU16(_available, flags);

    /// <summary>All indices begin here, as after many rounds.</summary>
    internal void BeginAt(ushort index)
    {
        Available = _usedSeen = index;
        _memory.WriteU16(_available + 2, index);
        _memory.WriteU16(_used + 2, index);
    }

    /// <summary>Writes a descriptor where the test says.</summary>
    internal void Describe(int index, ulong address, uint length, int flags, int next = 0) =>
        _memory.Write(_table + (16 * (ulong)index), Descriptor(address, length, flags, next));

    internal static byte[] Descriptor(ulong address, uint length, int flags, int next)
    {
        byte[] bytes = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, address);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), length);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(12), (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(14), (ushort)next);
        return bytes;
    }

    /// <summary>Makes a chain available, whatever its descriptors are.</summary>
    internal void Offer(int head)
    {
        _memory.WriteU16(_available + 4 + (2 * (ulong)(Available % Size)), head);
        SetAvailable(Available + 1);
    }

    internal void SetAvailable(int index)
    {
        Available = (ushort)index;
        _memory.WriteU16(_available + 2, index);
    }

    /// <summary>Offers buffers as one chain; returns its head.</summary>
    internal int Add(bool isWritable, params (ulong Address, int Length)[] buffers)
    {
        int head = _freeDescriptor % Size;
        for (int i = 0; i < buffers.Length; i++)
        {
            int index = _freeDescriptor++ % Size;
            bool isLast = i == buffers.Length - 1;
            Describe(
                index, buffers[i].Address, (uint)buffers[i].Length,
                (isWritable ? Writable : 0) | (isLast ? 0 : Next), (index + 1) % Size);
        }

        Offer(head);
        return head;
    }

    /// <summary>The chains that came back since the last call: head and written bytes.</summary>
    internal List<(int Head, int Length)> TakeUsed()
    {
        List<(int, int)> chains = [];
        while (_usedSeen != UsedIndex)
        {
            byte[] element = _memory.Read(_used + 4 + (8 * (ulong)(_usedSeen % Size)), 8);
            chains.Add((
                BinaryPrimitives.ReadInt32LittleEndian(element),
                BinaryPrimitives.ReadInt32LittleEndian(element.AsSpan(4))));
            _usedSeen++;
        }

        return chains;
    }

    private static ulong ToUser(ulong guestAddress) =>
        guestAddress - SharedMemory.GuestBase + SharedMemory.UserBase;
}
