using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// A TCP connection of the host. Its receive queue is peeked at an offset (SO_PEEK_OFF, Linux 6.9
/// and newer for TCP) and consumed without a copy (MSG_TRUNC).
/// </summary>
/// <remarks>
/// The kernel keeps the offset: a peek moves it forward by what it gave, a consuming read back by
/// what it took. It is set only when the wanted place is another, which a retransmission makes it.
/// Where the kernel has no offset for TCP the bytes in front are read into a scratch vector
/// instead. The first peek of a connection needs none, and for many it is the only one.
/// </remarks>
internal sealed class TcpStream : IAdoptableStream
{
    /// <summary>
    /// Bytes that the fallback can pass over in one peek: more than a window is never in flight.
    /// </summary>
    private const int ScratchBytes = 4 << 20;

    private const long UnknownOffset = -1;

    private static byte[]? s_scratch;

    private Reactor _reactor;
    private long _kernelOffset = UnknownOffset;
    private bool _hasPeekOffset;

    /// <param name="reactor">Watches it.</param>
    /// <param name="descriptor">The socket, with its options set.</param>
    /// <param name="usePeekOffset">False as on a kernel without SO_PEEK_OFF.</param>
    internal TcpStream(Reactor reactor, int descriptor, bool usePeekOffset)
    {
        _reactor = reactor;
        _hasPeekOffset = usePeekOffset;
        Descriptor = descriptor;
    }

    public IpEndpoint LocalEndpoint => SocketAddress.OfSocket(Descriptor);

    /// <remarks>The kernel does not say it while the connect is pending.</remarks>
    public IpEndpoint RemoteEndpoint =>
        ConnectsTo == default ? SocketAddress.OfPeer(Descriptor) : ConnectsTo;

    /// <summary>Where a connect of the network's own leads.</summary>
    internal IpEndpoint ConnectsTo { get; init; }

    internal int Descriptor { get; }

    /// <summary>Options of a stream; a listener hands its own on to what it accepts.</summary>
    internal static void SetOptions(int descriptor)
    {
        // Latency is the guest's to trade: Nagle at its end or none at all.
        _ = SocketOptions.Set(descriptor, SocketOptions.LevelTcp, SocketOptions.TcpNoDelay, 1);

        // A peer that vanished without FIN ends the flow after the host's own keepalive time.
        _ = SocketOptions.Set(descriptor, SocketOptions.LevelSocket, SocketOptions.KeepAlive, 1);

        // An urgent byte stays where it was sent (RFC 6093 section 3.1): taken out of the stream it
        // would leave a hole that the peek offset does not count.
        _ = SocketOptions.Set(
            descriptor, SocketOptions.LevelSocket, SocketOptions.OutOfBandInline, 1);
    }

    public void MoveTo(Reactor reactor) => _reactor = reactor;

    public void Adopt(IReadinessOwner owner) => _reactor.WatchEdges(Descriptor, owner);

    public HostError FinishConnect()
    {
        int error = SocketOptions.Get(Descriptor, SocketOptions.LevelSocket, SocketOptions.Error);
        return HostErrors.From(-Math.Abs(error));
    }

    public HostIo Peek(long offsetBytes, Span<byte> destination)
    {
        bool isFirst = offsetBytes == 0 && _kernelOffset == UnknownOffset;
        if (_kernelOffset != offsetBytes && !isFirst && !SetOffset(offsetBytes))
        {
            return PeekBehind((int)offsetBytes, destination);
        }

        int received = Sockets.Receive(
            Descriptor, destination, Sockets.MessagePeek | Sockets.MessageDontWait);
        if (received > 0)
        {
            _kernelOffset = isFirst ? UnknownOffset : _kernelOffset + received;
            return HostIo.Moved(received, isDrained: received < destination.Length);
        }

        return HostIo.Failed(received == 0 ? HostError.EndOfStream : HostErrors.From(received));
    }

    /// <remarks>
    /// At once, also of few bytes: as long as one byte of a segment is there all of it counts
    /// against the receive buffer, and the peer's window may stay closed for good.
    /// </remarks>
    public HostError Discard(long lengthBytes)
    {
        while (lengthBytes > 0)
        {
            int taken = Sockets.Discard(Descriptor, (int)Math.Min(lengthBytes, int.MaxValue));
            if (taken <= 0)
            {
                return taken == 0 ? HostError.Reset : HostErrors.From(taken);
            }

            lengthBytes -= taken;
            _kernelOffset = _kernelOffset == UnknownOffset
                ? UnknownOffset : Math.Max(_kernelOffset - taken, 0);
        }

        return HostError.None;
    }

    public HostIo Send(ReadOnlySpan<byte> payload)
    {
        int sent = Sockets.Send(Descriptor, payload);
        return sent >= 0 ? HostIo.Moved(sent) : HostIo.Failed(HostErrors.From(sent));
    }

    public HostIo Send(GatheredText text)
    {
        int sent = Sockets.SendPieces(Descriptor, text.Pieces);
        return sent >= 0 ? HostIo.Moved(sent) : HostIo.Failed(HostErrors.From(sent));
    }

    public HostError ShutdownSend() =>
        HostErrors.From(Sockets.Shutdown(Descriptor, Sockets.ShutdownWrite));

    public void Close(bool reset)
    {
        if (reset)
        {
            _ = SocketOptions.SetLingerZero(Descriptor);
        }

        _reactor.Close(Descriptor);
    }

    private bool SetOffset(long offsetBytes)
    {
        if (!_hasPeekOffset)
        {
            return false;
        }

        _hasPeekOffset = SocketOptions.Set(
            Descriptor, SocketOptions.LevelSocket, SocketOptions.PeekOffset, (int)offsetBytes) >= 0;
        _kernelOffset = _hasPeekOffset ? offsetBytes : UnknownOffset;
        return _hasPeekOffset;
    }

    /// <summary>
    /// The same without SO_PEEK_OFF: what lies in front goes to a scratch vector.
    /// </summary>
    private HostIo PeekBehind(int offsetBytes, Span<byte> destination)
    {
        s_scratch ??= GC.AllocateUninitializedArray<byte>(ScratchBytes);
        if (offsetBytes > s_scratch.Length)
        {
            return HostIo.Failed(HostError.WouldBlock);
        }

        int received = Sockets.PeekBehind(
            Descriptor, s_scratch.AsSpan(0, offsetBytes), destination);
        bool hasEnded = received >= 0 && received <= offsetBytes && HasEnded();
        if (hasEnded)
        {
            // FIN may have come since, and bytes before it.
            received = Sockets.PeekBehind(
                Descriptor, s_scratch.AsSpan(0, offsetBytes), destination);
        }

        return received > offsetBytes ? HostIo.Moved(received - offsetBytes)
            : HostIo.Failed(received < 0 ? HostErrors.From(received)
                : hasEnded ? HostError.EndOfStream : HostError.WouldBlock);
    }

    /// <summary>Whether FIN has arrived: states of TCP_INFO (include/net/tcp_states.h).</summary>
    private bool HasEnded()
    {
        const int tcpInfo = 11;
        const int established = 1;
        const int finWait1 = 4;
        const int finWait2 = 5;
        int state = SocketOptions.Get(Descriptor, SocketOptions.LevelTcp, tcpInfo) & 0xff;
        return state is not (established or finWait1 or finWait2);
    }
}
