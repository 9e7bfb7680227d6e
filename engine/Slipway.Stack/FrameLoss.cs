using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What was counted against a frame: a drop, or a header that could not be read.
/// </summary>
/// <param name="Reason">Why it was dropped; null where it was malformed.</param>
/// <param name="Error">What is wrong with its headers.</param>
public readonly record struct FrameLoss(DropReason? Reason, ParseError Error)
{
    /// <summary>Nothing was counted.</summary>
    public bool IsNone => Reason is null && Error == ParseError.None;
}
