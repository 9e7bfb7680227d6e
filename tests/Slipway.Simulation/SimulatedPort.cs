using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// The engine's end of a faulty wire to a guest. Every frame is read whole before it leaves.
/// </summary>
internal sealed class SimulatedPort(
    FaultyWire wire, int mtuBytes, Offloads offloads, int id = 1) : IGuestPort
{
    private readonly byte[] _frame = new byte[IGuestPort.LargestSegmentedBytes];
    private int _reserved = -1;

    public int Id => id;

    /// <summary>The guest has left: nothing is taken any more.</summary>
    public bool IsClosed { get; set; }

    public int MaxFrameLengthBytes => mtuBytes + 14;

    public Offloads Offloads => offloads;

    /// <summary>A reservation was refused; the engine is owed an OnPortWritable.</summary>
    public bool OwesWritable { get; set; }

    public long CommittedCount { get; private set; }

    public long CommittedBytes { get; private set; }

    public Span<byte> Reserved => _frame.AsSpan(0, Math.Max(0, _reserved));

    public Span<byte> Reserve(int lengthBytes)
    {
        Assert.InRange(lengthBytes, 0,
            offloads == Offloads.None ? MaxFrameLengthBytes : _frame.Length);
        _reserved = -1;
        if (IsClosed)
        {
            return [];
        }

        if (wire.IsFull)
        {
            OwesWritable = true;
            return [];
        }

        _reserved = lengthBytes;
        return _frame.AsSpan(0, lengthBytes);
    }

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        Assert.InRange(lengthBytes, 0, _reserved);
        _reserved = -1;
        Assert.Equal(Offloads.None, offload.Needs & ~offloads);
        CommittedCount++;
        CommittedBytes += lengthBytes;
        foreach (byte[] packet in OffloadingCard.Cut(_frame.AsSpan(0, lengthBytes), offload))
        {
            Assert.InRange(packet.Length, 0, MaxFrameLengthBytes);
            FrameCheck.MustBeWellFormed(packet);
            wire.Send(packet);
        }

        return true;
    }
}
