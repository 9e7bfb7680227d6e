using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>A byte stream to a target that stands, whatever it leads through.</summary>
public sealed class ProxyTunnel : IDisposable
{
    /// <summary>The stream; bytes of <see cref="Early"/> are not in it any more.</summary>
    public required Stream Stream { get; init; }

    /// <summary>The plain socket when nothing lies between, so that it can be handed on.</summary>
    public Socket? Socket { get; init; }

    /// <summary>Bytes of the target that came after the upstream's handshake.</summary>
    public ReadOnlyMemory<byte> Early { get; init; }

    /// <summary>The upstream that it leads through, without credentials; null when direct.</summary>
    public string? Via { get; init; }

    public void Dispose()
    {
        Stream.Dispose();
        Socket?.Dispose();
    }
}
