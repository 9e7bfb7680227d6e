using System.Buffers.Binary;
using Slipway.Services;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// A guest's connection as the DNS server reads it, between the server's threads and the world's:
/// bytes go in when the world says, and come out in an order that no thread decides.
/// </summary>
internal sealed class SimDnsStream(SimConnection connection) : Stream
{
    private readonly Lock _lock = new();
    private readonly List<byte[]> _outstanding = [];
    private readonly List<byte[]> _written = [];
    private readonly Queue<byte> _ready = new();
    private readonly List<byte> _message = [];
    private Memory<byte> _destination;
    private TaskCompletionSource<int>? _read;
    private bool _readsNoMore;
    private bool _isDisposed;
    private bool _isShut;
    private int _writtenCount;

    /// <summary>The server's work on it.</summary>
    public Task Serving { get; set; } = Task.CompletedTask;

    public int WrittenCount => Volatile.Read(ref _writtenCount);

    public bool IsServed => Serving.IsCompleted;

    /// <summary>The server waits for something, and there is something.</summary>
    public bool CanDeliver
    {
        get
        {
            lock (_lock)
            {
                return _read is not null && (connection.Available > 0 || HasEnded);
            }
        }
    }

    /// <summary>Nothing happens here any more.</summary>
    public bool IsOver => IsServed && _isShut && (connection.IsClosed || connection.WasReset);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private bool HasEnded =>
        connection.IsEndOfStream || connection.IsClosed || connection.WasReset;

    /// <summary>Gives the server what it reads next, or the end.</summary>
    /// <returns>True if that made a query whole.</returns>
    public bool Deliver()
    {
        lock (_lock)
        {
            TaskCompletionSource<int> read = _read!;
            _read = null;
            byte[] bytes = new byte[Math.Min(_destination.Length, connection.Available)];
            _ = connection.Read(bytes);
            bytes.CopyTo(_destination);
            _message.AddRange(bytes);
            bool isQuery = TakeQuery();
            _readsNoMore |= bytes.Length == 0;
            read.SetResult(bytes.Length);
            return isQuery;
        }
    }

    /// <summary>The last query is dropped: it will have no answer.</summary>
    public void ForgetLast()
    {
        lock (_lock)
        {
            _outstanding.RemoveAt(_outstanding.Count - 1);
        }
    }

    /// <summary>Everything that the server has is answered or in flight.</summary>
    public bool IsSettled(DnsServer server)
    {
        lock (_lock)
        {
            return IsServed || (_outstanding.TrueForAll(
                    query => server.IsInFlight(query, overTcp: true))
                && (_read is not null || (_readsNoMore && _outstanding.Count > 0)));
        }
    }

    /// <summary>Sends what was written, and the end; true if anything went.</summary>
    public bool FlushWritten()
    {
        lock (_lock)
        {
            // Answers to the same question come at the same time, from several threads.
            _written.Sort((one, other) => one.AsSpan().SequenceCompareTo(other));
            _written.ForEach(message => Array.ForEach(message, _ready.Enqueue));
            _written.Clear();
            if (connection.IsClosed || connection.WasReset)
            {
                _ready.Clear();
            }

            int sent = _ready.Count == 0 ? 0 : connection.Write([.. _ready]);
            for (int i = 0; i < sent; i++)
            {
                _ready.Dequeue();
            }

            return Shut() || sent > 0;
        }
    }

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<int> read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration =
            cancellationToken.Register(() => Cancel(read, cancellationToken));
        lock (_lock)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _destination = buffer;
                _read = read;
            }
        }

        return await read.Task.ConfigureAwait(false);
    }

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            byte[] message = buffer.ToArray();
            int answered = _outstanding.FindIndex(
                query => query.AsSpan(0, 2).SequenceEqual(message.AsSpan(2, 2)));
            Assert.True(answered >= 0, "an answer to a query that was not asked, or twice");
            DnsAnswerCheck.MustAnswer(_outstanding[answered], message.AsSpan(2));
            _outstanding.RemoveAt(answered);
            _written.Add(message);
            _writtenCount++;
        }

        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override string ToString() =>
        $"stream with {_outstanding.Count} outstanding, waits {_read is not null}, "
        + $"reads no more {_readsNoMore}, served {IsServed}";

    protected override void Dispose(bool disposing)
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        base.Dispose(disposing);
    }

    private bool TakeQuery()
    {
        if (_message.Count < 2)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian([_message[0], _message[1]]);
        if (_message.Count < 2 + length)
        {
            return false;
        }

        _outstanding.Add([.. _message.Skip(2)]);
        _message.Clear();
        return true;
    }

    private void Cancel(TaskCompletionSource<int> read, CancellationToken stop)
    {
        lock (_lock)
        {
            _readsNoMore = true;
            _read = null;
            read.TrySetCanceled(stop);
        }
    }

    // As a socket that is closed: RST where there is something that nobody reads.
    private bool Shut()
    {
        if (!_isDisposed || _ready.Count > 0)
        {
            return false;
        }

        if (connection.Available > 0 && !connection.IsClosed)
        {
            connection.Reset();
            _isShut = true;
            return true;
        }

        if (_isShut)
        {
            return false;
        }

        connection.ShutdownSend();
        return _isShut = true;
    }
}
