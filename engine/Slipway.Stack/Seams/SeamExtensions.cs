namespace Slipway.Stack;

/// <summary>Frames that are complete, for the two sides of the guests' seam.</summary>
public static class SeamExtensions
{
    /// <summary>Takes a frame that is one packet and has its checksum.</summary>
    public static void OnFrame(
        this IFrameReceiver receiver, IGuestPort port, ReadOnlySpan<byte> frame, Instant now) =>
        receiver.OnFrame(port, frame, default, now);

    /// <summary>Sends a frame that is one packet and has its checksum.</summary>
    public static bool Commit(this IGuestPort port, int lengthBytes) =>
        port.Commit(lengthBytes, default);
}
