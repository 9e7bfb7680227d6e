using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// The engine's end of a simulated TCP connection, with Linux's manners: sends are short when the
/// buffer is full, an error is reported once, what arrived before a reset can still be read, and
/// closing with unread bytes resets the peer.
/// </summary>
internal sealed class SimStream : SimSocket, IHostStream
{
    private bool _hasNoSpace;
    private HostError _pendingError;

    public SimStream(SimHost host, IReadinessOwner? owner, SimServer server, IpEndpoint local,
        IpEndpoint remote)
        : base(host, owner)
    {
        Server = server;
        LocalEndpoint = local;
        RemoteEndpoint = remote;
        Connection = new SimConnection(this);
    }

    public SimServer Server { get; }

    public SimConnection Connection { get; }

    public IpEndpoint LocalEndpoint { get; }

    public IpEndpoint RemoteEndpoint { get; }

    /// <summary>InProgress until the connect has ended.</summary>
    public HostError ConnectState { get; private set; } = HostError.InProgress;

    /// <summary>Arrived from the peer and not discarded by the engine.</summary>
    public ByteQueue Inbound { get; } = new();

    /// <summary>Sent by the engine and not read by the peer.</summary>
    public ByteQueue Outbound { get; } = new();

    /// <summary>The engine's FIN.</summary>
    public bool IsSendShut { get; private set; }

    /// <summary>The peer's FIN.</summary>
    public bool IsPeerShut { get; private set; }

    public bool PeerSeesReset { get; set; }

    public bool IsReset { get; private set; }

    private int SendRoom => Server.SendBufferBytes - Outbound.Count;

    private protected override Readiness Readiness
    {
        get
        {
            if (ConnectState == HostError.InProgress)
            {
                return Readiness.None;
            }

            if (ConnectState != HostError.None || IsReset)
            {
                return Readiness.Error | Readiness.Readable | Readiness.Writable
                    | Readiness.PeerClosed;
            }

            return (Inbound.Count > 0 || IsPeerShut ? Readiness.Readable : 0)
                | (IsPeerShut ? Readiness.PeerClosed : 0)
                | (SendRoom > 0 || IsSendShut ? Readiness.Writable : 0)
                | (IsPeerShut && IsSendShut ? Readiness.Error : 0);
        }
    }

    public void EndConnect(HostError outcome)
    {
        if (!IsClosed)
        {
            ConnectState = outcome;
            _pendingError = outcome;
            Signal();
        }
    }

    /// <summary>
    /// As SO_ERROR: says an error once, whether the connect or the connection failed.
    /// </summary>
    public HostError FinishConnect()
    {
        MustBeOpen();
        return ConnectState == HostError.InProgress ? HostError.InProgress : TakeError();
    }

    public HostIo Peek(long offsetBytes, Span<byte> destination)
    {
        MustBeOpen();
        if (destination.Length == 0)
        {
            throw new ExpectationException(
                "the engine peeks into no room, which cannot be told from the end");
        }

        int length = Inbound.Peek(offsetBytes, destination);
        if (length > 0)
        {
            return HostIo.Moved(length, isDrained: length < destination.Length);
        }

        HostError error = TakeError();
        return error != HostError.None ? HostIo.Failed(error)
            : HostIo.Failed(IsPeerShut || IsReset ? HostError.EndOfStream : HostError.WouldBlock);
    }

    public HostError Discard(long lengthBytes)
    {
        MustBeOpen();
        if (lengthBytes > Inbound.Count)
        {
            throw new ExpectationException(
                $"the engine discards {lengthBytes} bytes of {Inbound.Count}");
        }

        Inbound.Discard((int)lengthBytes);
        return HostError.None;
    }

    public HostIo Send(ReadOnlySpan<byte> payload)
    {
        MustBeOpen();
        if (IsSendShut)
        {
            throw new ExpectationException("the engine sends after its FIN");
        }

        HostError error = TakeError();
        if (error != HostError.None || IsReset)
        {
            return HostIo.Failed(error != HostError.None ? error : HostError.Reset);
        }

        int length = ConnectState == HostError.InProgress ? 0 : Math.Min(payload.Length, SendRoom);
        _hasNoSpace |= length < payload.Length;
        if (length <= 0)
        {
            return HostIo.Failed(HostError.WouldBlock);
        }

        Outbound.Append(payload[..length]);
        return HostIo.Moved(length);
    }

    public HostError ShutdownSend()
    {
        MustBeOpen();
        if (IsReset)
        {
            return HostError.Reset;
        }

        IsSendShut = true;
        return HostError.None;
    }

    public void Close(bool reset)
    {
        MarkClosed();
        IsSendShut = true;
        PeerSeesReset |= reset || Inbound.Count > 0;
        Inbound.Clear();
    }

    /// <summary>
    /// The peer has read: as Linux does, room is told only if it was missed, and a third is free.
    /// </summary>
    public void OnPeerRead()
    {
        if (_hasNoSpace && SendRoom >= Server.SendBufferBytes / 3)
        {
            _hasNoSpace = false;
            Signal();
        }
    }

    public void OnPeerShut()
    {
        IsPeerShut = true;
        Signal();
    }

    public void OnPeerReset()
    {
        IsReset = true;
        _pendingError = HostError.Reset;
        Outbound.Clear();
        Signal();
    }

    private HostError TakeError()
    {
        HostError error = _pendingError;
        _pendingError = HostError.None;
        return error;
    }
}
