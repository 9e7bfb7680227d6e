using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>
/// A world on a fake clock, which goes from one instant at which something happens to the next,
/// until nothing is left to.
/// </summary>
internal abstract class SteppedWorld
{
    /// <summary>No work is so much that it takes as many turns without time passing.</summary>
    private const int MostTurnsAtOnce = 100_000;

    private readonly Instant _end;

    /// <param name="longest">It must have ended by then.</param>
    protected SteppedWorld(Duration longest) => _end = Clock.Now + longest;

    public FakeClock Clock { get; } = new();

    public List<SimulatedFlow> Flows { get; } = [];

    /// <summary>When something happens next; never when nothing does.</summary>
    protected abstract Instant NextEvent { get; }

    /// <summary>Runs until nothing is left to happen, then checks what must hold.</summary>
    public void Run()
    {
        // What happens last may be that the engine hands over the rest, and that is read, too.
        do
        {
            Step();
            RunEvents();
            Step();
        }
        while (NextEvent != Instant.Never);
        Verify();
    }

    /// <summary>One turn of everything at this instant.</summary>
    /// <returns>Whether there is more to do at it.</returns>
    protected abstract bool TakeTurn();

    protected abstract void Verify();

    protected void StepFlows()
    {
        for (int i = 0; i < Flows.Count; i++)
        {
            Flows[i].Step(Clock.Now); // which may begin another
        }
    }

    private void RunEvents()
    {
        for (Instant next = NextEvent; next != Instant.Never; next = NextEvent)
        {
            if (Clock.Now >= _end)
            {
                Assert.Fail($"it does not end: {this}");
            }

            Clock.AdvanceTo(next);
            Step();
        }
    }

    private void Step()
    {
        int turns = 0;
        do
        {
            if (turns++ == MostTurnsAtOnce)
            {
                Assert.Fail($"it spins: {this}");
            }
        }
        while (TakeTurn());
    }
}
