using Slipway.Stack;

namespace Slipway.Simulation;

/// <summary>What happens to a world: links that go and come, bounds that move.</summary>
internal sealed class Happenings : SimulatedFlow
{
    private readonly PriorityQueue<Action, long> _due = new();

    public override bool IsDone => _due.Count == 0;

    public override Instant NextStep =>
        _due.TryPeek(out _, out long at) ? new Instant(at) : Instant.Never;

    public void At(Instant when, Action what) => _due.Enqueue(what, when.Nanoseconds);

    public override void Step(Instant now)
    {
        while (_due.TryPeek(out Action? what, out long at) && at <= now.Nanoseconds)
        {
            _due.Dequeue();
            what();
        }
    }

    public override void Verify()
    {
    }

    public override string ToString() => $"{_due.Count} things are still to happen";
}
