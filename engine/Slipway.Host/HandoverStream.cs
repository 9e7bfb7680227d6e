using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// A stream to a service that gives way to a TCP connection: while the proxy shakes hands it is one
/// end of a socket pair, afterwards the proxy's connected socket, and the proxy is out of the path.
/// <code>
///   before   flow == near ~~ far == service        upstream is the service's too
///   after    flow == ring (not acknowledged yet), then upstream
///                    far's receive queue ==> upstream (what has not gone yet), then flow
/// </code>
/// Theory of operation. The service writes what it has for the guest to the pair, and what it has
/// read of the guest to the upstream, touches neither any more and gives both away. One step on the
/// worker then reads the near end empty into the ring of the <see cref="UnixStream"/>, closes it,
/// moves what the guest has sent meanwhile from the far end's receive queue to the upstream, and
/// watches that. What the upstream does not take stays in that queue, which only this object reads
/// now, and the flow can send nothing before it has gone. Positions are the flow's: first come the
/// ring's bytes, then those of the upstream.
/// </summary>
public sealed class HandoverStream : IHostStream, IReadinessOwner
{
    /// <summary>Moved at a time; on the stack, and only while the handover lasts.</summary>
    private const int PieceBytes = 16 * 1024;

    private readonly HostNetwork _network;
    private readonly Reactor _reactor;
    private readonly IReadinessOwner _owner;
    private readonly int _near;

    // The pair's near end; after the handover its ring, until the guest has acknowledged that.
    private UnixStream? _pair;
    private TcpStream? _tcp;

    // The pair's far end, while bytes of the guest are in it that the upstream has not taken.
    private SafeSocketHandle? _far;
    private HostError _failure;
    private bool _isShutDown;
    private bool _isHeld;
    private bool _isClosed;
    private bool _wasReset;

    internal HandoverStream(
        HostNetwork network, Reactor reactor, int near, IReadinessOwner owner, bool isHeld)
    {
        _near = near;
        _isHeld = isHeld;
        _network = network;
        _reactor = reactor;
        _owner = owner;
        _pair = new UnixStream(reactor, near, owner);
    }

    public IpEndpoint LocalEndpoint => _tcp?.LocalEndpoint ?? default;

    public IpEndpoint RemoteEndpoint => _tcp?.RemoteEndpoint ?? default;

    public HostError FinishConnect() => _failure != HostError.None ? _failure
        : _isHeld ? HostError.InProgress
        : _tcp?.FinishConnect() ?? _pair!.FinishConnect();

    public HostIo Peek(long offsetBytes, Span<byte> destination)
    {
        if (_pair is not UnixStream pair)
        {
            return _tcp!.Peek(offsetBytes, destination);
        }

        if (_tcp is not TcpStream tcp)
        {
            return pair.Peek(offsetBytes, destination);
        }

        return offsetBytes < pair.HeldBytes ? pair.PeekHeld(offsetBytes, destination)
            : tcp.Peek(offsetBytes - pair.HeldBytes, destination);
    }

    public HostError Discard(long lengthBytes)
    {
        if (_pair is not UnixStream pair)
        {
            return _tcp!.Discard(lengthBytes);
        }

        if (_tcp is not TcpStream tcp)
        {
            return pair.Discard(lengthBytes);
        }

        long held = Math.Min(lengthBytes, pair.HeldBytes);
        HostError error = pair.Discard(held);
        _pair = pair.HeldBytes == 0 ? null : pair;
        return error == HostError.None && lengthBytes > held
            ? tcp.Discard(lengthBytes - held) : error;
    }

    public HostIo Send(ReadOnlySpan<byte> payload)
    {
        if (_tcp is not TcpStream tcp)
        {
            return _pair!.Send(payload);
        }

        return IsBehind(out HostIo io) ? io : tcp.Send(payload);
    }

    public HostIo Send(GatheredText text)
    {
        if (_tcp is not TcpStream tcp)
        {
            return ((IHostStream)_pair!).Send(text);
        }

        return IsBehind(out HostIo io) ? io : tcp.Send(text);
    }

    public HostError ShutdownSend()
    {
        _isShutDown = true;
        return _tcp is not TcpStream tcp ? _pair!.ShutdownSend()
            : _far is null ? tcp.ShutdownSend() : HostError.None;
    }

    public void Close(bool reset)
    {
        _isClosed = true;
        _wasReset = reset;
        if (_tcp is not TcpStream tcp)
        {
            _pair!.Close(reset);
        }
        else if (_far is not null && !reset)
        {
            _network.Linger(this); // what the guest has sent goes on to the upstream
        }
        else
        {
            DropFar();
            tcp.Close(reset);
        }
    }

    /// <summary>
    /// Gives the flow the upstream in place of the service. On the worker; both handles are this
    /// object's from here on, also when the flow has ended meanwhile.
    /// </summary>
    /// <param name="far">The pair's far end.</param>
    /// <param name="upstream">A connected TCP socket that nobody else reads or watches.</param>
    /// <param name="now">The turn's time.</param>
    public void HandOver(SafeSocketHandle far, SafeSocketHandle upstream, Instant now)
    {
        int descriptor = (int)upstream.DangerousGetHandle();
        upstream.SetHandleAsInvalid(); // it is the stream's to close: the handle would reset it
        if (_isClosed || _tcp is not null)
        {
            far.Dispose();
            _network.Adopt(descriptor).Close(_wasReset);
            return;
        }

        TcpStream.SetOptions(descriptor);
        UnixStream pair = _pair!;
        pair.TakeRest();
        _pair = pair.HeldBytes == 0 ? null : pair;
        _tcp = _network.Adopt(descriptor);
        _far = far;
        Move();
        _reactor.WatchEdges(descriptor, _far is null ? _owner : this);
        Tell(Readiness.Readable | Readiness.Writable, now);
    }

    /// <summary>The service has connected: the guest's SYN is answered. On the worker.</summary>
    public void Answer()
    {
        if (!_isClosed && _isHeld)
        {
            _isHeld = false;
            _reactor.WatchEdges(_near, _owner);
        }
    }

    /// <summary>
    /// The service has failed: the guest gets what it was sent, and then RST; before it has been
    /// answered, what a failed connect tells it.
    /// </summary>
    public void Fail(HostError error, Instant now)
    {
        if (!_isClosed && _tcp is null)
        {
            _failure = error;
            Tell(Readiness.Error, now);
        }
    }

    /// <summary>The upstream, while bytes wait for it.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        Move();
        if (_isClosed)
        {
            if (_far is null)
            {
                EndLingering();
            }

            return;
        }

        TcpStream tcp = _tcp!;
        Tell(readiness, now);
        if (_far is null && !_isClosed)
        {
            _reactor.WatchEdges(tcp.Descriptor, _owner);
        }
    }

    /// <summary>Closes at once, with what waits; the engine ends.</summary>
    internal void EndLingering()
    {
        DropFar();
        _network.ForgetLingering(this);
        _tcp!.Close(reset: false);
    }

    private void Tell(Readiness readiness, Instant now) => _owner.OnReady(
        _failure == HostError.None ? readiness : readiness | Readiness.Error, now);

    // Whether something of the guest has to go before what it sends now.
    private bool IsBehind(out HostIo io)
    {
        if (_far is not null)
        {
            Move();
        }

        io = HostIo.Failed(_failure == HostError.None ? HostError.WouldBlock : _failure);
        return _far is not null || _failure != HostError.None;
    }

    // From the far end's receive queue to the upstream, as far as that takes it.
    private void Move()
    {
        Span<byte> piece = stackalloc byte[PieceBytes];
        while (_far is SafeSocketHandle far)
        {
            int descriptor = (int)far.DangerousGetHandle();
            int length = Sockets.Receive(
                descriptor, piece, Sockets.MessagePeek | Sockets.MessageDontWait);
            if (length <= 0)
            {
                DropFar(); // the near end is closed: nothing more comes
                _failure = _isShutDown ? _tcp!.ShutdownSend() : HostError.None;
                return;
            }

            HostIo io = _tcp!.Send(piece[..length]);
            if (io.Error == HostError.WouldBlock)
            {
                return;
            }

            if (io.Error != HostError.None)
            {
                DropFar();
                _failure = io.Error;
                return;
            }

            _ = Sockets.Receive(descriptor, piece[..io.LengthBytes], Sockets.MessageDontWait);
        }
    }

    private void DropFar()
    {
        _far?.Dispose();
        _far = null;
    }
}
