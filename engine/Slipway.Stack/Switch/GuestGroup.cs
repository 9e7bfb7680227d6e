namespace Slipway.Stack;

/// <summary>
/// Which guests see one another's frames: those of one group. The gateway and what lies behind it
/// are there for all.
/// </summary>
public static class GuestGroup
{
    /// <summary>Of guests that are in no other; others have numbers of their own.</summary>
    public const int Common = 0;

    /// <summary>Of guests that see nobody, each other neither.</summary>
    public const int Isolated = -1;

    /// <summary>Whether frames pass between guests of two groups.</summary>
    public static bool Meet(int one, int other) => one == other && one != Isolated;
}
