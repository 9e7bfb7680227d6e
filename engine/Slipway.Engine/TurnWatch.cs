using System.Globalization;
using Slipway.Host;

namespace Slipway.Engine;

/// <summary>
/// Sees from a thread of its own whether a worker's turn takes too long, and says so while it does:
/// the worker itself could say it only afterwards, or never.
/// </summary>
/// <remarks>
/// Theory of operation. A worker notes when its turn began and which stage it is in, which costs it
/// a few stores. The watch looks now and then while turns are taken, and sleeps when it has seen
/// all workers wait twice without a turn between; the next turn wakes it. So an idle engine stays
/// idle. A turn that is seen at all is looked at again when it would be too long.
/// </remarks>
/// <param name="workers">Whom it watches.</param>
/// <param name="log">Where it says what it sees.</param>
internal sealed class TurnWatch(IReadOnlyList<Worker> workers, IEngineLog log) : IDisposable
{
    /// <summary>A turn that takes longer is told.</summary>
    internal const int LongestMilliseconds = 100;

    private const int LookMilliseconds = 50;
    private const int StackBytes = 256 << 10;

    /// <summary>Between two lines about it.</summary>
    private const long QuietMilliseconds = 10_000;

    private readonly AutoResetEvent _wake = new(false);
    private readonly long[] _turns = new long[workers.Count];
    private readonly long[] _toldTurns = new long[workers.Count];
    private Thread? _thread;
    private volatile bool _isAsleep;
    private volatile bool _isStopping;
    private long _slow;
    private long _longestMilliseconds;
    private long _unsaid;
    private long _quietUntil;

    /// <summary>Turns that took too long; from any thread.</summary>
    public long SlowTurns => Volatile.Read(ref _slow);

    /// <summary>How long the longest of them took; to the next look.</summary>
    public TimeSpan Longest =>
        TimeSpan.FromMilliseconds(Volatile.Read(ref _longestMilliseconds));

    public void Start()
    {
        _thread = new Thread(Watch, StackBytes) { Name = "slipway watch", IsBackground = true };
        _thread.Start();
    }

    /// <summary>A worker begins a turn, after it has noted that.</summary>
    public void OnTurn()
    {
        if (_isAsleep)
        {
            _isAsleep = false;
            _wake.Set();
        }
    }

    public void Dispose()
    {
        _isStopping = true;
        _wake.Set();
        _thread?.Join();
        _wake.Dispose();
    }

    private void Watch()
    {
        while (!_isStopping)
        {
            int next = Look(out bool isIdle);
            if (!isIdle)
            {
                _wake.WaitOne(next);
                continue;
            }

            _isAsleep = true;
            Interlocked.MemoryBarrier();
            Look(out isIdle); // a turn may have begun before it was to wake this one
            _wake.WaitOne(isIdle ? Timeout.Infinite : LookMilliseconds);
            _isAsleep = false;
        }
    }

    // Milliseconds until the next look.
    private int Look(out bool isIdle)
    {
        isIdle = true;
        int next = LookMilliseconds;
        for (int i = 0; i < workers.Count; i++)
        {
            TurnClock clock = workers[i].Clock;
            long turn = clock.Turn;
            TurnStage stage = clock.Stage;
            isIdle &= stage == TurnStage.Wait && turn == _turns[i];
            _turns[i] = turn;
            if (stage == TurnStage.Wait)
            {
                continue;
            }

            long took = (Reactor.Now() - clock.WorkBegan).Milliseconds;
            if (clock.Turn != turn || took < 0)
            {
                continue; // that one has just ended
            }

            if (took >= LongestMilliseconds)
            {
                Tell(workers[i], i, turn, stage, took);
            }
            else
            {
                next = (int)Math.Min(next, LongestMilliseconds - took + 1);
            }
        }

        return next;
    }

    private void Tell(Worker worker, int index, long turn, TurnStage stage, long took)
    {
        Volatile.Write(ref _longestMilliseconds, Math.Max(_longestMilliseconds, took));
        if (_toldTurns[index] == turn)
        {
            return;
        }

        _toldTurns[index] = turn;
        Volatile.Write(ref _slow, _slow + 1);
        long now = Environment.TickCount64;
        if (now < _quietUntil)
        {
            _unsaid++;
            return;
        }

        _quietUntil = now + QuietMilliseconds;
        string handled = worker.Reactor.Handled?.ToString() is string name ? $", at {name}" : "";
        string more = _unsaid == 0 ? "" : $"; {_unsaid} more since the last was told";
        _unsaid = 0;
        log.Write(LogLevel.Warning, string.Create(
            CultureInfo.InvariantCulture,
            $"a turn of worker {worker.Index} takes {took} ms and longer: {stage}{handled}{more}"));
    }
}
