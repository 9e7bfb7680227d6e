namespace Slipway.Stack;

/// <summary>The outcome of one read or write at the host: bytes moved, or why none were.</summary>
/// <param name="LengthBytes">Bytes moved; 0 with an error.</param>
/// <param name="Error">
/// <see cref="HostError.None"/> when bytes moved (an empty datagram is 0 and None).
/// </param>
/// <param name="IsDrained">
/// The queue was read to its end: of what comes next, be it bytes or the peer's FIN, readiness is
/// told anew, so that looking again before is in vain. False where that is not known.
/// </param>
public readonly record struct HostIo(int LengthBytes, HostError Error, bool IsDrained = false)
{
    public static HostIo Moved(int lengthBytes) => new(lengthBytes, HostError.None);

    /// <summary>Bytes, and whether they were the last there are.</summary>
    public static HostIo Moved(int lengthBytes, bool isDrained) =>
        new(lengthBytes, HostError.None, isDrained);

    public static HostIo Failed(HostError error) => new(0, error);
}
