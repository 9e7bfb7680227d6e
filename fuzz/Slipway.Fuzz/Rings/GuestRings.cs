using System.Runtime.InteropServices;
using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Fuzz;

/// <summary>
/// Rings in a guest's memory, which the input is. An access outside of it would end the process.
/// </summary>
internal static unsafe class GuestRings
{
    public const int MemoryBytes = 1 << 16;

    private const ulong GuestBase = 0x4000_0000;
    private const ulong UserBase = 0x7f00_0000_0000;
    private const int Size = 8;
    private const int RingBytes = SharedRingLayout.SmallestRingBytes;

    // The first page: two rings of eight, each a table, an available and a used ring.
    private const int RingStride = 0x100;
    private const int AvailableOffset = 0x80;
    private const int UsedOffset = 0xa0;
    private const int BufferOffset = 0x400;

    private static readonly byte* s_memory = Allocate(MemoryBytes);
    private static readonly byte* s_ring = Allocate(SharedRingLayout.HeaderBytes + RingBytes);
    private static readonly byte[] s_staging = new byte[TransmitBatch.FrameBufferBytes];
    private static readonly TransmitBatch s_batch = new();

    public static void Virtqueues(ReadOnlySpan<byte> input)
    {
        new Span<byte>(s_memory, MemoryBytes).Clear();
        input.CopyTo(new Span<byte>(s_memory, MemoryBytes));
        using GuestMemory memory = new();
        memory.TryAdd(GuestRegion.At((nint)s_memory, GuestBase, UserBase, MemoryBytes));
        SplitRing[] rings = [new(), new()];
        bool hasIndirect = input.Length % 2 == 0;
        for (int i = 0; i < rings.Length; i++)
        {
            ulong at = UserBase + (ulong)(i * RingStride);
            FuzzFaultException.If(
                !rings[i].TryStart(
                    memory, new RingLayout(Size, at, at + AvailableOffset, at + UsedOffset), 0,
                    hasEvents: true, hasIndirect),
                "a good layout was refused");
        }

        ReceiveQueue receive = new(rings[0], s_staging) { IsEnabled = true, IsMergeable = true };
        TransmitQueue transmit = new(rings[1], s_batch);
        FrameBound sink = new();
        for (int i = 0; i < 4; i++)
        {
            Span<byte> place = receive.Reserve(60 + (i * 700));
            place.Fill(0x11);
            _ = receive.Commit(place.Length, default);
            transmit.Drain(Size, sink, sink, default);
            rings[0].Notify();
            rings[1].Notify();
        }

        receive.Forget();
    }

    public static void SharedRing(ReadOnlySpan<byte> input)
    {
        const int inputBytes = 4_096;
        byte* ring = s_ring + SharedRingLayout.HeaderBytes;
        new Span<byte>(s_ring, SharedRingLayout.HeaderBytes + inputBytes).Clear();

        // The first bytes are the control words, the rest the records.
        int words = Math.Min(input.Length, 32);
        for (int i = 0; i < words / 8; i++)
        {
            input.Slice(i * 8, 8).CopyTo(new Span<byte>(
                s_ring + (i * SharedRingLayout.HeadOffset), 8));
        }

        input[words..].CopyTo(new Span<byte>(ring, inputBytes));
        SharedRingReader reader = new(s_ring, ring, RingBytes);
        long taken = 0;
        while (reader.TryPeek(out BufferSegment record))
        {
            taken += record.LengthBytes;
            FuzzFaultException.If(taken > RingBytes, "it reads more than the ring holds");
            reader.Release();
        }

        reader.Publish();
        SharedRingWriter writer = new(s_ring, ring, RingBytes);
        for (int i = 0; i < 4; i++)
        {
            Span<byte> place = writer.Reserve(60 + (i * 900));
            place.Fill(0x11);
            if (!place.IsEmpty)
            {
                writer.Commit(place.Length);
            }
        }

        writer.Publish();
    }

    public static byte[] VirtqueueSeed()
    {
        byte[] seed = new byte[BufferOffset];
        for (int ring = 0; ring < 2; ring++)
        {
            Span<byte> place = seed.AsSpan(ring * RingStride);
            for (int i = 0; i < Size; i++)
            {
                ulong buffer = GuestBase + BufferOffset + (ulong)(i * 2_048);
                MemoryMarshal.Write(place[(i * 16)..], in buffer);
                uint length = 1_536;
                MemoryMarshal.Write(place[((i * 16) + 8)..], in length);
                place[(i * 16) + 12] = (byte)(ring == 0 ? 2 : 0); // VIRTQ_DESC_F_WRITE
                place[AvailableOffset + 4 + (i * 2)] = (byte)i;
            }

            place[AvailableOffset + 2] = Size;
        }

        return seed;
    }

    public static byte[] SharedRingSeed() =>
    [
        80, .. new byte[31], 60, 0, 0, 0, 0, 0, 0, 0, .. new byte[64], 4, 0, 0, 0, 0, 0, 0, 0,
    ];

    private static byte* Allocate(int bytes) =>
        (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4_096);

    private sealed class FrameBound : IFrameReceiver, IGuestPort
    {
        public int Id => 1;

        public int MaxFrameLengthBytes => 1_518;

        public Span<byte> Reserved => default;

        public Span<byte> Reserve(int lengthBytes) => default;

        public bool Commit(int lengthBytes, in FrameOffload offload) => false;

        public void OnFrame(
            IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now) =>
            FuzzFaultException.If(
                frame.Length > FrameLimits.LargestBytes
                    || offload.ChecksumStart + offload.ChecksumOffset > frame.Length,
                "a frame is longer than frames are");

        public void OnFrames(IGuestPort port, FrameBatch batch, Instant now) =>
            batch.HandTo(this, port, now);

        public void OnPortOpened(IGuestPort port, Instant now)
        {
        }

        public void OnPortWritable(IGuestPort port, Instant now)
        {
        }

        public void OnPortClosed(IGuestPort port, Instant now)
        {
        }
    }
}
