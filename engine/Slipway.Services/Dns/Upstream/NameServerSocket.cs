using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// A UDP socket connected to one name server, with a source port of the kernel's choice. The kernel
/// passes on what comes from that server only; an answer must further have the id of a query that
/// is outstanding here and its question (RFC 5452). It serves a bounded number of queries and is
/// then replaced, so that its port does not stay known.
/// </summary>
internal sealed class NameServerSocket : IDisposable
{
    private const int MaxUses = 512;
    private const int MaxOutstanding = 256;

    // A guest may announce any size and the query passes intact: 64 KiB, pooled, one for a socket.
    private const int ReceiveLengthBytes = 65_536;
    private readonly Socket _socket;
    private readonly Dictionary<ushort, PendingQuery> _pending = [];
    private readonly Lock _lock = new();
    private int _uses;
    private bool _disposed;

    /// <exception cref="SocketException">No socket, or no route to the server.</exception>
    public NameServerSocket(IPEndPoint server)
    {
        _socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            _socket.Connect(server);
            _socket.Blocking = false;
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }

        _ = ReceiveAsync();
    }

    public long LastUsedMs { get; private set; }

    /// <summary>It takes no more queries, or not now.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                return _disposed || _uses >= MaxUses || _pending.Count >= MaxOutstanding;
            }
        }
    }

    /// <summary>Nothing is outstanding: it can be closed without loss.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count == 0;
            }
        }
    }

    /// <summary>Sends a query under an own random id; null if it could not be sent.</summary>
    /// <param name="mixes">Its name goes out in random case.</param>
    public PendingQuery? TrySend(UpstreamQuery query, bool mixes)
    {
        PendingQuery pending = new(query, mixes ? MixedCase.Make(query) : query.Bytes);
        lock (_lock)
        {
            if (_disposed || _pending.Count >= MaxOutstanding)
            {
                return null;
            }

            do
            {
                pending.Id = RandomId();
            }
            while (!_pending.TryAdd(pending.Id, pending));
            _uses++;
            LastUsedMs = Environment.TickCount64;
        }

        byte[] message = ArrayPool<byte>.Shared.Rent(query.Bytes.Length);
        pending.Sent.CopyTo(message, 0);
        BinaryPrimitives.WriteUInt16BigEndian(message, pending.Id);
        SocketError error = Send(message.AsSpan(0, query.Bytes.Length));
        ArrayPool<byte>.Shared.Return(message);
        if (error == SocketError.Success)
        {
            return pending;
        }

        Forget(pending);
        return null;
    }

    /// <summary>Stops waiting for a query's answer.</summary>
    public void Forget(PendingQuery pending)
    {
        lock (_lock)
        {
            _pending.Remove(pending.Id);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
        }

        _socket.Dispose();
    }

    /// <summary>16 bits of the kernel's randomness.</summary>
    internal static ushort RandomId()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        SystemRandom.Fill(bytes);
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    private SocketError Send(ReadOnlySpan<byte> message)
    {
        try
        {
            // A refusal of an earlier query is reported by the next call: the second one sends.
            _socket.Send(message, SocketFlags.None, out SocketError error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
            {
                _socket.Send(message, SocketFlags.None, out error);
            }

            return error;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.Shutdown;
        }
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReceiveLengthBytes);
        try
        {
            while (true)
            {
                int length;
                try
                {
                    length = await _socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None)
                        .ConfigureAwait(false);
                }
                catch (SocketException error)
                    when (error.SocketErrorCode is SocketError.ConnectionRefused
                    or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
                {
                    // ICMP said that nobody is there (told once): what is outstanding need not
                    // wait.
                    FailAll();
                    continue;
                }

                Deliver(buffer.AsSpan(0, length));
            }
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            lock (_lock)
            {
                _disposed = true;
            }

            FailAll();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Deliver(ReadOnlySpan<byte> response)
    {
        if (response.Length < DnsMessage.HeaderLengthBytes)
        {
            return;
        }

        ushort id = BinaryPrimitives.ReadUInt16BigEndian(response);
        PendingQuery? pending;
        lock (_lock)
        {
            // A forged answer must not end the wait for the true one.
            if (!_pending.TryGetValue(id, out pending) || !pending.Query.IsAnsweredBy(response, id))
            {
                return;
            }

            _pending.Remove(id);
        }

        if (pending.IsMixed && !MixedCase.IsRepeated(
            pending.Sent, pending.Query.Question.EndOffset, response))
        {
            pending.IsFolded = true;
            pending.Answer.TrySetResult(null);
            return;
        }

        byte[] own = response.ToArray();
        MixedCase.Restore(pending.Query, own);
        pending.Answer.TrySetResult(own);
    }

    private void FailAll()
    {
        PendingQuery[] failed;
        lock (_lock)
        {
            failed = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (PendingQuery pending in failed)
        {
            pending.Answer.TrySetResult(null);
        }
    }
}
