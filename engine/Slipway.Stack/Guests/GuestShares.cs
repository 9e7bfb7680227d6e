namespace Slipway.Stack;

/// <summary>
/// How the tables of one worker are shared among its guests: of each bound one guest has at most a
/// part of what the others leave of it.
/// </summary>
/// <remarks>
/// <para>A guest is its link, by the number of its port on the switch: it can have any number of
/// addresses, and they are one guest.</para>
/// <para>With a share of half, one guest that floods leaves each of n - 1 others half of the nth
/// part that would be its own, however many there are; and whoever comes last always finds room.
/// As long as there is one guest only, nothing is shared.</para>
/// </remarks>
public sealed class GuestShares
{
    private readonly List<GuestBound> _bounds = [];

    /// <summary>Guests that are there.</summary>
    public int Links { get; private set; }

    /// <summary>All that is bounded and shared; fixed after the start.</summary>
    public IReadOnlyList<GuestBound> Bounds => _bounds;

    internal void Add(GuestBound bound) => _bounds.Add(bound);

    internal void OnPortOpened() => Links++;

    internal void OnPortClosed() => Links = Math.Max(Links - 1, 0);

    /// <summary>What a guest may have of a bound.</summary>
    /// <param name="percent">Of what others leave, 1 to 100.</param>
    /// <param name="most">The bound.</param>
    /// <param name="others">What others have.</param>
    internal static int ShareOf(int percent, int most, int others) =>
        (int)Math.Max(1, Math.Max(most - others, 0) * (long)percent / 100);
}
