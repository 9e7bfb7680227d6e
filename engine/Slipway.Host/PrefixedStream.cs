using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// A host's stream with bytes in front of it that the guest gets first, as of a proxy's header.
/// Positions are the flow's: first come the prefix's bytes, then those of the stream.
/// </summary>
internal sealed class PrefixedStream(IAdoptableStream stream, byte[] prefix) : IAdoptableStream
{
    private int _acknowledged;

    public IpEndpoint LocalEndpoint => stream.LocalEndpoint;

    public IpEndpoint RemoteEndpoint => stream.RemoteEndpoint;

    private int LeftBytes => prefix.Length - _acknowledged;

    public void MoveTo(Reactor reactor) => stream.MoveTo(reactor);

    public void Adopt(IReadinessOwner owner) => stream.Adopt(owner);

    public HostError FinishConnect() => stream.FinishConnect();

    public HostIo Peek(long offsetBytes, Span<byte> destination)
    {
        if (offsetBytes >= LeftBytes)
        {
            return stream.Peek(offsetBytes - LeftBytes, destination);
        }

        ReadOnlySpan<byte> left = prefix.AsSpan(_acknowledged + (int)offsetBytes);
        int length = Math.Min(left.Length, destination.Length);
        left[..length].CopyTo(destination);
        return HostIo.Moved(length);
    }

    public HostError Discard(long lengthBytes)
    {
        int own = (int)Math.Min(lengthBytes, LeftBytes);
        _acknowledged += own;
        return lengthBytes == own ? HostError.None : stream.Discard(lengthBytes - own);
    }

    public HostIo Send(ReadOnlySpan<byte> payload) => stream.Send(payload);

    public HostIo Send(GatheredText text) => stream.Send(text);

    public HostError ShutdownSend() => stream.ShutdownSend();

    public void Close(bool reset) => stream.Close(reset);
}
