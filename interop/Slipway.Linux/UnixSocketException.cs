namespace Slipway.Linux;

/// <summary>A socket's file that cannot be had; the message says why and what to do.</summary>
public sealed class UnixSocketException(string message) : IOException(message)
{
    /// <summary>Somebody has the place already.</summary>
    public bool IsInUse { get; init; }

    /// <summary>Its folder may not be written to.</summary>
    public bool IsForbidden { get; init; }
}
