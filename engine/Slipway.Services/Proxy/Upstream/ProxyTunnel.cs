using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// A stream to the target. Disposing it closes the stream and the socket, unless the caller has
/// taken the socket's descriptor before.
/// </summary>
public sealed class ProxyTunnel(
    Stream stream, Socket? socket, ReadOnlyMemory<byte> early, string? via) : IDisposable
{
    /// <summary>The bytes after the upstream's handshake and after <see cref="Early"/>.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>
    /// The plain socket under <see cref="Stream"/>; null where TLS to the upstream lies between.
    /// </summary>
    public Socket? Socket { get; } = socket;

    /// <summary>Bytes of the target that came together with the upstream's answer.</summary>
    public ReadOnlyMemory<byte> Early { get; } = early;

    /// <summary>The upstream without credentials, for logs; null where it is direct.</summary>
    public string? Via { get; } = via;

    public void Dispose()
    {
        Stream.Dispose();
        Socket?.Dispose();
    }
}
