using Slipway.Stack;

namespace Slipway.Links.Tests;

/// <summary>A ring that runs, its driver, and what came out of it.</summary>
internal sealed class QueueBench : IFrameReceiver, IGuestPort, IDisposable
{
    internal const ulong Buffers = SharedMemory.GuestBase + 0x8_0000;

    private readonly GuestMemory _memory;

    internal QueueBench(int size)
    {
        _memory = Shared.Map();
        Driver = new DriverRing(Shared, 0x1000, size);
        Assert.True(Ring.TryStart(
            _memory, Driver.Layout, 0, hasEvents: true, hasIndirect: true));
    }

    internal SharedMemory Shared { get; } = new();

    internal DriverRing Driver { get; }

    internal SplitRing Ring { get; } = new();

    internal List<(byte[] Frame, FrameOffload Offload)> Frames { get; } = [];

    /// <summary>Frames are counted and checked, not kept.</summary>
    internal bool IsCounting { get; init; }

    internal int Count { get; private set; }

    /// <summary>What a turn takes.</summary>
    internal int MostFrames { get; set; } = FrameBatch.Capacity;

    /// <summary>What is done with frames that come together, before they are taken whole.</summary>
    internal Action<FrameBatch>? OnBatch { get; set; }

    public int Id => 1;

    public int MaxFrameLengthBytes => 1518;

    public Span<byte> Reserved => default;

    public Span<byte> Reserve(int lengthBytes) => default;

    public bool Commit(int lengthBytes, in FrameOffload offload) => false;

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now)
    {
        Count++;
        Assert.True(frame.Length <= FrameLimits.LargestBytes);
        Assert.True(offload.ChecksumStart + offload.ChecksumOffset <= frame.Length);
        if (!IsCounting)
        {
            Frames.Add((frame.ToArray(), offload));
        }
    }

    public void OnFrames(IGuestPort port, FrameBatch batch, Instant now)
    {
        OnBatch?.Invoke(batch);
        batch.HandTo(this, port, now);
    }

    public int FramesAtOnce(IGuestPort port, Instant now) => MostFrames;

    public void OnPortOpened(IGuestPort port, Instant now) => Assert.Fail("no port opens");

    public void OnPortWritable(IGuestPort port, Instant now) => Assert.Fail("nobody waits");

    public void OnPortClosed(IGuestPort port, Instant now) => Assert.Fail("no port closes");

    public void Dispose()
    {
        _memory.Dispose();
        Shared.Dispose();
    }
}
