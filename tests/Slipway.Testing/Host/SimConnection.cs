using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>The far end of a simulated TCP connection: the server's or client's program.</summary>
public sealed class SimConnection
{
    private readonly SimStream _stream;

    internal SimConnection(SimStream stream)
    {
        _stream = stream;
    }

    /// <summary>The engine's address as this end sees it.</summary>
    public IpEndpoint EngineEndpoint => _stream.LocalEndpoint;

    /// <summary>This end's address.</summary>
    public IpEndpoint Endpoint => _stream.RemoteEndpoint;

    /// <summary>Bytes from the engine that can be read.</summary>
    public int Available => _stream.Outbound.Count;

    /// <summary>Bytes that the host's receive buffer still takes.</summary>
    public int Room => _stream.Server.ReceiveBufferBytes - _stream.Inbound.Count;

    /// <summary>Bytes written here that the engine has not discarded.</summary>
    public int Unread => _stream.Inbound.Count;

    /// <summary>The engine's FIN came and all before it is read.</summary>
    public bool IsEndOfStream => _stream.IsSendShut && Available == 0;

    /// <summary>The engine's FIN came, whatever is still to be read.</summary>
    public bool HasFin => _stream.IsSendShut;

    public bool WasReset => _stream.PeerSeesReset;

    /// <summary>The engine has closed its socket.</summary>
    public bool IsClosed => _stream.IsClosed;

    /// <summary>Sends; takes what the host's receive buffer has room for.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        if (_stream.IsClosed)
        {
            _stream.PeerSeesReset = true;
            return 0;
        }

        if (_stream.IsReset)
        {
            return 0; // by this end itself, which has no socket any more
        }

        int length = Math.Min(bytes.Length, Math.Max(0, Room));
        if (length > 0)
        {
            _stream.Inbound.Append(bytes[..length]);
            _stream.Signal();
        }

        return length;
    }

    public int Read(Span<byte> destination)
    {
        int length = _stream.Outbound.Read(destination);
        if (length > 0 && !_stream.IsClosed)
        {
            _stream.OnPeerRead();
        }

        return length;
    }

    /// <summary>Reads all that is there.</summary>
    public byte[] ReadAll()
    {
        byte[] bytes = new byte[Available];
        _ = Read(bytes);
        return bytes;
    }

    /// <summary>Sends FIN.</summary>
    public void ShutdownSend()
    {
        if (!_stream.IsClosed && !_stream.IsReset)
        {
            _stream.OnPeerShut();
        }
    }

    /// <summary>Sends RST.</summary>
    public void Reset()
    {
        if (!_stream.IsClosed)
        {
            _stream.OnPeerReset();
        }
    }
}
