using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The engine's end of the socket to one process beside it. The process reads what strangers have
/// written: nothing that it says is believed before it is checked, and whoever says what makes no
/// sense, or lets a question wait for too long, is left. Then all that waits fails.
/// </summary>
internal sealed class ResolverConnection : IDisposable
{
    private static readonly TimeSpan s_checkInterval = TimeSpan.FromSeconds(2);
    private readonly Socket _socket;
    private readonly int _maxPending;
    private readonly Action<string> _onEnded;
    private readonly Dictionary<uint, PendingQuestion> _pending = [];
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Lock _lock = new();
    private readonly Timer _check;
    private uint _lastId;
    private bool _isChecking;
    private bool _hasEnded;

    /// <param name="descriptor">One end of a pair of SOCK_SEQPACKET sockets; owned.</param>
    /// <param name="maxPending">Questions that wait; more are refused.</param>
    /// <param name="onEnded">Told once why this has ended; on any thread.</param>
    public ResolverConnection(int descriptor, int maxPending, Action<string> onEnded)
    {
        _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        _maxPending = maxPending;
        _onEnded = onEnded;
        _check = new Timer(_ => Check(), null, Timeout.Infinite, Timeout.Infinite);
        _ = Task.Run(ReceiveAsync);
    }

    public bool HasEnded => Volatile.Read(ref _hasEnded);

    /// <summary>Makes a question wait for its answer; it is the caller who sends it.</summary>
    /// <param name="patience">When the answer is overdue.</param>
    /// <returns>False: too many wait, or the process has ended.</returns>
    public bool TryAdd(PendingQuestion question, TimeSpan patience, out uint id)
    {
        question.DueMs = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        lock (_lock)
        {
            id = 0;
            if (_hasEnded || _pending.Count >= _maxPending)
            {
                return false;
            }

            do
            {
                id = ++_lastId;
            }
            while (!_pending.TryAdd(id, question));
            if (!_isChecking)
            {
                _isChecking = true;
                _check.Change(s_checkInterval, Timeout.InfiniteTimeSpan);
            }

            return true;
        }
    }

    /// <summary>Sends a message; what cannot be sent ends this. Does not throw.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            _ = await _socket.SendAsync(message).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            End("has ended");
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => End("is not needed any more");

    private async Task ReceiveAsync()
    {
        // One byte more shows what is too long.
        byte[] buffer = new byte[ResolverMessage.MaxLengthBytes + 1];
        try
        {
            while (await _socket.ReceiveAsync(buffer).ConfigureAwait(false) is > 0 and int length)
            {
                if (!TryTake(buffer.AsSpan(0, length)))
                {
                    End("has sent what makes no sense");
                    return;
                }
            }

            End("has ended");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            End("has ended");
        }
    }

    private bool TryTake(ReadOnlySpan<byte> bytes)
    {
        if (ResolverMessage.TryParse(bytes, out ResolverMessage message) != ParseError.None)
        {
            return false;
        }

        PendingQuestion? question;
        lock (_lock)
        {
            if (!_pending.TryGetValue(message.Id, out question))
            {
                return _hasEnded;
            }
        }

        bool isTaken = question.TryTake(message, out bool isLast);
        if (isTaken && isLast)
        {
            lock (_lock)
            {
                _pending.Remove(message.Id);
            }
        }

        return isTaken;
    }

    // Runs while something waits, and never else.
    private void Check()
    {
        bool isOverdue = false;
        lock (_lock)
        {
            foreach (PendingQuestion question in _pending.Values)
            {
                isOverdue |= Environment.TickCount64 > question.DueMs;
            }

            _isChecking = !_hasEnded && _pending.Count > 0 && !isOverdue;
            if (_isChecking)
            {
                _check.Change(s_checkInterval, Timeout.InfiniteTimeSpan);
            }
        }

        if (isOverdue)
        {
            End("has not answered in time");
        }
    }

    private void End(string reason)
    {
        PendingQuestion[] left;
        lock (_lock)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            left = [.. _pending.Values];
            _pending.Clear();
        }

        _check.Dispose();
        _socket.Dispose();
        _onEnded(reason);
        foreach (PendingQuestion question in left)
        {
            question.Fail();
        }
    }
}
