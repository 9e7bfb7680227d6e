namespace Slipway.Stack;

/// <summary>The outcome of one read or write at the host: bytes moved, or why none were.</summary>
/// <param name="LengthBytes">Bytes moved; 0 with an error.</param>
/// <param name="Error">
/// <see cref="HostError.None"/> when bytes moved (an empty datagram is 0 and None).
/// </param>
public readonly record struct HostIo(int LengthBytes, HostError Error)
{
    public static HostIo Moved(int lengthBytes) => new(lengthBytes, HostError.None);

    public static HostIo Failed(HostError error) => new(0, error);
}
