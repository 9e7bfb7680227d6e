using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// The engine's end of a faulty wire to a guest. Every frame is read whole before it leaves.
/// </summary>
internal sealed class SimulatedPort(FaultyWire wire, int mtuBytes) : IGuestPort
{
    private readonly byte[] _frame = new byte[mtuBytes + 14];
    private int _reserved = -1;

    public int Id => 1;

    public int MaxFrameLengthBytes => _frame.Length;

    /// <summary>A reservation was refused; the engine is owed an OnPortWritable.</summary>
    public bool OwesWritable { get; set; }

    public long CommittedCount { get; private set; }

    public long CommittedBytes { get; private set; }

    public Span<byte> Reserved => _frame.AsSpan(0, Math.Max(0, _reserved));

    public Span<byte> Reserve(int lengthBytes)
    {
        Assert.InRange(lengthBytes, 0, MaxFrameLengthBytes);
        _reserved = -1;
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
        FrameCheck.MustBeWellFormed(_frame.AsSpan(0, lengthBytes));
        CommittedCount++;
        CommittedBytes += lengthBytes;
        wire.Send(_frame[..lengthBytes]);
        return true;
    }
}
