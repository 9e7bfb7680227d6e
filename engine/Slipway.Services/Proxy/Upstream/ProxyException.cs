using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// No connection came about. The message may go to guests and logs: it holds no credentials.
/// </summary>
public sealed class ProxyException(
    string message, int httpStatus, SocketError? error = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>
    /// What tells a guest: 400 for a target that cannot be, 403 where the allow list forbids it or
    /// guests may not reach its address, 502 where an upstream or the target refuses or cannot be
    /// reached, 504 where one is silent.
    /// </summary>
    public int HttpStatus { get; } = httpStatus;

    /// <summary>The host's or the upstream's reason, where one is known.</summary>
    public SocketError? Error { get; } = error;
}
