using Slipway.Host;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// How long each stage of the turns took: the sum, and a histogram since somebody looks. Off until
/// then; on, the clock is read once a stage, some 25 ns each. Written by the worker, read from any
/// thread.
/// </summary>
internal sealed class TurnClock
{
    private readonly long[] _nanoseconds = new long[Enum.GetValues<TurnStage>().Length];
    private readonly DurationHistogram[] _histograms =
        [.. Enum.GetValues<TurnStage>().Select(_ => new DurationHistogram())];

    private long _turn;
    private long _workBegan;
    private int _stage;
    private Instant _begin;
    private Instant _workBegin;
    private bool _runs;

    /// <summary>Whether somebody looks; heeded from the next turn on.</summary>
    public bool IsWanted { get; set; }

    /// <summary>Whether metrics have been asked for, which stays so.</summary>
    public bool IsMeasured { get; set; }

    /// <summary>How long whole turns took without waiting, since somebody looks.</summary>
    public DurationHistogram Work { get; } = new();

    /// <summary>The turn's number, from 1 on; from any thread.</summary>
    public long Turn => Volatile.Read(ref _turn);

    /// <summary>What the worker is at; from any thread.</summary>
    public TurnStage Stage => (TurnStage)Volatile.Read(ref _stage);

    /// <summary>When the turn's wait ended; from any thread.</summary>
    public Instant WorkBegan => new(Volatile.Read(ref _workBegan));

    /// <summary>The wait is over.</summary>
    public void BeginWork(Instant now)
    {
        _turn++;
        Volatile.Write(ref _workBegan, now.Nanoseconds);
        Volatile.Write(ref _stage, (int)TurnStage.Commands);
    }

    public double Milliseconds(TurnStage stage) =>
        Volatile.Read(ref _nanoseconds[(int)stage]) / 1e6;

    /// <summary>How long single turns spent in a stage, since somebody looks.</summary>
    public DurationHistogram Histogram(TurnStage stage) => _histograms[(int)stage];

    public void BeginTurn()
    {
        bool isWanted = IsWanted || IsMeasured;
        bool began = isWanted && !_runs;
        _runs = isWanted;
        if (_runs)
        {
            _begin = Reactor.Now();
        }

        if (began)
        {
            foreach (DurationHistogram histogram in _histograms)
            {
                histogram.Clear();
            }

            Work.Clear();
        }
    }

    /// <summary>The time since the stage before belongs to this one.</summary>
    public void End(TurnStage stage)
    {
        if (stage != TurnStage.Wait)
        {
            Volatile.Write(
                ref _stage, (int)(stage == TurnStage.Flush ? TurnStage.Wait : stage + 1));
        }

        if (_runs)
        {
            Instant now = Reactor.Now();
            long nanoseconds = (now - _begin).Nanoseconds;
            _nanoseconds[(int)stage] += nanoseconds;
            _histograms[(int)stage].Add(nanoseconds);
            _begin = now;
            if (stage == TurnStage.Wait)
            {
                _workBegin = now;
            }
            else if (stage == TurnStage.Flush)
            {
                Work.Add((now - _workBegin).Nanoseconds);
            }
        }
    }
}
