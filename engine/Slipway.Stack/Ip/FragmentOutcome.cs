namespace Slipway.Stack;

/// <summary>What a fragment did to its datagram.</summary>
internal enum FragmentOutcome
{
    Incomplete,
    Complete,

    /// <summary>
    /// It overlaps another, passes the end, or has a length that no fragment has.
    /// </summary>
    Lie,
}
