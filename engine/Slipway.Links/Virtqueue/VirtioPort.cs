using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// One VMM's guest. Opened when its first queues run; it stays while they are stopped and started,
/// as at a reboot or a pause, and ends with the VMM's connection.
/// </summary>
internal sealed class VirtioPort : IGuestPort
{
    private readonly ReceiveQueue _queue;

    internal VirtioPort(ReceiveQueue queue, int mtuBytes)
    {
        _queue = queue;
        MaxFrameLengthBytes = mtuBytes + FrameLimits.OverheadBytes;
    }

    public int Id { get; } = PortNumbers.Next();

    public int MaxFrameLengthBytes { get; }

    public Offloads Offloads { get; internal set; }

    public Span<byte> Reserved => _queue.Reserved;

    public Span<byte> Reserve(int lengthBytes) =>
        lengthBytes > FrameLimits.LargestOf(MaxFrameLengthBytes, Offloads)
            ? _queue.Void() : _queue.Reserve(lengthBytes);

    public bool Commit(int lengthBytes, in FrameOffload offload) =>
        _queue.Commit(lengthBytes, offload);
}
