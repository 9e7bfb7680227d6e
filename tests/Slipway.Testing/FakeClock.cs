using Slipway.Stack;

namespace Slipway.Testing;

/// <summary>A clock that stands still until it is advanced.</summary>
public sealed class FakeClock
{
    /// <summary>
    /// Now. Starts at one second, so that a forgotten (zero) instant is in the past.
    /// </summary>
    public Instant Now { get; private set; } = new(1_000_000_000);

    public void Advance(Duration by) => Now += by;

    /// <summary>Goes forward to an instant; an earlier one changes nothing.</summary>
    public void AdvanceTo(Instant at) => Now = at > Now ? at : Now;
}
