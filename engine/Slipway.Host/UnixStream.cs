using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// A Unix stream socket: one end of a pair whose other end is a service of the engine, or one that
/// is connected to a socket of the host. Unix sockets cannot discard peeked bytes (MSG_TRUNC gives
/// EFAULT), so what was read waits in a ring until the guest has acknowledged it.
/// </summary>
internal sealed class UnixStream(
    Reactor reactor, int descriptor, IReadinessOwner? owner) : IAdoptableStream
{
    /// <summary>Bytes that are read ahead of the guest's acknowledgment.</summary>
    private const int RingBytes = 128 * 1024;

    private Reactor _reactor = reactor;
    private IReadinessOwner? _owner = owner;
    private byte[] _ring = new byte[4 * 1024];
    private int _head;
    private int _length;
    private bool _ended;
    private bool _wasFull;

    public IpEndpoint LocalEndpoint => default;

    /// <summary>Bytes in the ring: read from the service, not acknowledged by the guest.</summary>
    internal int HeldBytes => _length;

    public void MoveTo(Reactor reactor) => _reactor = reactor;

    public void Adopt(IReadinessOwner owner)
    {
        _owner = owner;
        _reactor.WatchEdges(descriptor, owner);
    }

    public HostError FinishConnect()
    {
        int error = SocketOptions.Get(descriptor, SocketOptions.LevelSocket, SocketOptions.Error);
        return HostErrors.From(-Math.Abs(error));
    }

    public HostIo Peek(long offsetBytes, Span<byte> destination)
    {
        HostError error = offsetBytes + destination.Length > _length
            ? Fill(RingBytes) : HostError.None;
        return offsetBytes < _length
            ? PeekHeld(offsetBytes, destination)
            : HostIo.Failed(_ended ? HostError.EndOfStream
                : error == HostError.None ? HostError.WouldBlock : error);
    }

    /// <summary>Bytes of the ring alone; the offset lies in it.</summary>
    internal HostIo PeekHeld(long offsetBytes, Span<byte> destination)
    {
        int length = Math.Min(_length - (int)offsetBytes, destination.Length);
        int start = (_head + (int)offsetBytes) % _ring.Length;
        int first = Math.Min(length, _ring.Length - start);
        _ring.AsSpan(start, first).CopyTo(destination);
        _ring.AsSpan(0, length - first).CopyTo(destination[first..]);
        return HostIo.Moved(length);
    }

    public HostError Discard(long lengthBytes)
    {
        if (lengthBytes > _length)
        {
            return HostError.Reset;
        }

        _head = (_head + (int)lengthBytes) % _ring.Length;
        _length -= (int)lengthBytes;
        if (_wasFull)
        {
            // Bytes may wait in the kernel whose edge has passed: registering again tells of them.
            _wasFull = false;
            _reactor.WatchEdges(descriptor, _owner!);
        }

        return HostError.None;
    }

    public HostIo Send(ReadOnlySpan<byte> payload)
    {
        int sent = Sockets.Send(descriptor, payload);
        return sent >= 0 ? HostIo.Moved(sent) : HostIo.Failed(HostErrors.From(sent));
    }

    public HostIo Send(GatheredText text)
    {
        int sent = Sockets.SendPieces(descriptor, text.Pieces);
        return sent >= 0 ? HostIo.Moved(sent) : HostIo.Failed(HostErrors.From(sent));
    }

    public HostError ShutdownSend() =>
        HostErrors.From(Sockets.Shutdown(descriptor, Sockets.ShutdownWrite));

    public void Close(bool reset) => _reactor.Close(descriptor);

    /// <summary>
    /// Reads all that the peer has written, which the pair's buffers bound, and closes: from
    /// here on there is the ring alone.
    /// </summary>
    internal void TakeRest()
    {
        _ = Fill(int.MaxValue);
        _wasFull = false;
        _reactor.Close(descriptor);
    }

    /// <summary>Reads what the peer has written, as far as there is room.</summary>
    private HostError Fill(int mostBytes)
    {
        while (!_ended)
        {
            if (_length == _ring.Length && !Grow(mostBytes))
            {
                _wasFull = true;
                return HostError.None;
            }

            int tail = (_head + _length) % _ring.Length;
            int room = Math.Min(_ring.Length - _length, _ring.Length - tail);
            int received = Sockets.Receive(
                descriptor, _ring.AsSpan(tail, room), Sockets.MessageDontWait);
            if (received < 0)
            {
                return HostErrors.From(received);
            }

            _ended = received == 0;
            _length += received;
        }

        return HostError.None;
    }

    private bool Grow(int mostBytes)
    {
        if (_ring.Length >= mostBytes)
        {
            return false;
        }

        byte[] larger = new byte[Math.Min(_ring.Length * 4, mostBytes)];
        int first = Math.Min(_length, _ring.Length - _head);
        _ring.AsSpan(_head, first).CopyTo(larger);
        _ring.AsSpan(0, _length - first).CopyTo(larger.AsSpan(first));
        _ring = larger;
        _head = 0;
        return true;
    }
}
