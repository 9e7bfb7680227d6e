namespace Slipway.Linux;

/// <summary>A socket's file that cannot be had; the message says why and what to do.</summary>
public sealed class UnixSocketException(string message) : IOException(message);
