using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Memory for datagrams of one socket that are received together, with room for a UDP header before
/// each. One for a worker; what it holds is valid until the next receive.
/// </summary>
public sealed class DatagramBatch
{
    /// <summary>Datagrams in one receive.</summary>
    public const int Capacity = 32;

    /// <summary>Room for a header before each datagram, in bytes.</summary>
    public const int RoomBytes = UdpHeader.LengthBytes;

    /// <summary>From one datagram's room to the next, in bytes.</summary>
    public const int SlotBytes = RoomBytes + ushort.MaxValue + 1;

    private readonly Entry[] _entries = new Entry[Capacity];

    /// <summary>
    /// Pinned; slot i has its room at i * <see cref="SlotBytes"/>. Only what was filled is
    /// resident.
    /// </summary>
    public byte[] Memory { get; } =
        GC.AllocateUninitializedArray<byte>(Capacity * SlotBytes, pinned: true);

    /// <summary>Datagrams that it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Memory for the datagram of a slot.</summary>
    public Span<byte> Slot(int index) =>
        Memory.AsSpan((index * SlotBytes) + RoomBytes, SlotBytes - RoomBytes);

    /// <summary>Room and payload of a datagram, or of one that the kernel joined to it.</summary>
    public Span<byte> Datagram(int index, int offsetBytes, int lengthBytes) =>
        Memory.AsSpan((index * SlotBytes) + offsetBytes, RoomBytes + lengthBytes);

    public IpEndpoint Remote(int index) => _entries[index].Remote;

    /// <summary>
    /// The host's address that a datagram was sent to; the unspecified one where it is not told.
    /// </summary>
    public IpAddress Local(int index) => _entries[index].Local;

    /// <summary>Payload bytes of a slot, all datagrams that were joined together.</summary>
    public int LengthBytes(int index) => _entries[index].LengthBytes;

    /// <summary>
    /// Payload bytes of each datagram of a slot but the last; all of it where there is but one.
    /// </summary>
    public int SegmentBytes(int index) => _entries[index].SegmentBytes;

    /// <summary>Begins a receive.</summary>
    public void Clear() => Count = 0;

    /// <summary>Notes what the next slot was filled with.</summary>
    /// <param name="remote">Who sent it.</param>
    /// <param name="lengthBytes">Payload bytes.</param>
    /// <param name="segmentBytes">Where the kernel joined datagrams: those of each; else 0.</param>
    /// <param name="local">The host's address that it was sent to, where that is told.</param>
    public void Add(
        in IpEndpoint remote, int lengthBytes, int segmentBytes = 0, IpAddress local = default) =>
        _entries[Count++] = new Entry(
            remote, local, lengthBytes, segmentBytes is 0 ? lengthBytes : segmentBytes);

    private readonly record struct Entry(
        IpEndpoint Remote, IpAddress Local, int LengthBytes, int SegmentBytes);
}
