using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Simulation;

/// <summary>A connect that must fail in a certain way.</summary>
internal sealed class TcpFailure(GuestTcp guest, GuestTcpEnd expected) : SimulatedFlow
{
    public override bool IsDone => guest.End != GuestTcpEnd.None;

    public override void Step(Instant now)
    {
    }

    public override void Verify() => Assert.Equal(expected, guest.End);

    public override string ToString() =>
        $"{guest.Local} to {guest.Remote} should be {expected}: {guest.End}";
}
