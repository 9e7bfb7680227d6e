namespace Slipway.Stack;

/// <summary>
/// The engine's way to one guest: a TAP, a stream or datagram socket, a virtqueue, or the
/// simulator. One writer: the worker that owns the link. A frame is written into memory that the
/// port owns (<see cref="Reserve"/>), so that a payload is copied once, and then sent (<see
/// cref="Commit"/>).
/// </summary>
public interface IGuestPort
{
    /// <summary>The port's number on the switch, unique for the engine's life.</summary>
    int Id { get; }

    /// <summary>
    /// Largest frame of one packet that the link carries, Ethernet header included, in bytes.
    /// </summary>
    int MaxFrameLengthBytes { get; }

    /// <summary>
    /// What may be left to the link. Where it takes segments, a frame of many may have up to
    /// <see cref="LargestSegmentedBytes"/>.
    /// </summary>
    Offloads Offloads => Offloads.None;

    /// <summary>The largest IPv4 packet and an Ethernet header, in bytes.</summary>
    const int LargestSegmentedBytes = 14 + 65_535;

    /// <summary>
    /// Memory for one frame of up to <paramref name="lengthBytes"/>; empty when the link can take
    /// none now (its queue is full, the guest is away), and then the worker is told when it can.
    /// A reservation that is not committed is void at the next one.
    /// </summary>
    Span<byte> Reserve(int lengthBytes);

    /// <summary>
    /// What <see cref="Reserve"/> gave last, with what has been written there since; empty after a
    /// <see cref="Commit"/>, and when nothing is reserved.
    /// </summary>
    Span<byte> Reserved { get; }

    /// <summary>Sends the first <paramref name="lengthBytes"/> of what was reserved.</summary>
    /// <param name="lengthBytes">The frame's length.</param>
    /// <param name="offload">
    /// What is left to the link: nothing that <see cref="Offloads"/> does not name.
    /// </param>
    /// <returns>False when the frame was lost: the link broke or its queue filled.</returns>
    bool Commit(int lengthBytes, in FrameOffload offload);
}
