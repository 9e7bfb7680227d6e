namespace Slipway.Stack;

/// <summary>A bound, what is in use of it, and what it has refused since the start.</summary>
/// <param name="Name">What is bounded: "tcpFlows".</param>
/// <param name="Used">In use now, of all guests.</param>
/// <param name="Most">The bound.</param>
/// <param name="Refused">
/// Times that there was no room: something was refused, or something older made room.
/// </param>
/// <param name="RefusedOfShare">The same, where one guest had its share.</param>
public sealed record BoundReport(
    string Name, long Used, long Most, long Refused, long RefusedOfShare)
{
    /// <summary>The bounds of several workers, each with its part, as one.</summary>
    public static BoundReport operator +(BoundReport one, BoundReport other) => one with
    {
        Used = one.Used + other.Used,
        Most = one.Most + other.Most,
        Refused = one.Refused + other.Refused,
        RefusedOfShare = one.RefusedOfShare + other.RefusedOfShare,
    };
}
