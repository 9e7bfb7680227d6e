using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>A connection that could not be opened. Its message holds no credentials.</summary>
public sealed class ProxyException : Exception
{
    public ProxyException(
        int httpStatus, string message, SocketError? error = null, Exception? inner = null)
        : base(message, inner)
    {
        HttpStatus = httpStatus;
        Error = error;
    }

    /// <summary>What an HTTP client is told: 403, 502, 504.</summary>
    public int HttpStatus { get; }

    /// <summary>What the socket said, where it was a socket.</summary>
    public SocketError? Error { get; }
}
