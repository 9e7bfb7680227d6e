using Slipway.Host;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// How long each stage of the turns took. Off until somebody looks: then the clock is read once a
/// stage, some 25 ns each. Written by the worker, read from any thread.
/// </summary>
internal sealed class TurnClock
{
    private readonly long[] _nanoseconds = new long[Enum.GetValues<TurnStage>().Length];
    private Instant _begin;
    private bool _runs;

    /// <summary>Whether somebody looks; heeded from the next turn on.</summary>
    public bool IsWanted { get; set; }

    public double Milliseconds(TurnStage stage) =>
        Volatile.Read(ref _nanoseconds[(int)stage]) / 1e6;

    public void BeginTurn()
    {
        _runs = IsWanted;
        if (_runs)
        {
            _begin = Reactor.Now();
        }
    }

    /// <summary>The time since the stage before belongs to this one.</summary>
    public void End(TurnStage stage)
    {
        if (_runs)
        {
            Instant now = Reactor.Now();
            _nanoseconds[(int)stage] += (now - _begin).Nanoseconds;
            _begin = now;
        }
    }
}
