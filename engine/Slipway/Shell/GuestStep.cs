namespace Slipway;

/// <summary>The bytes that parent and guest's side tell each other.</summary>
internal static class GuestStep
{
    /// <summary>The guest's side runs: unshare(1) or nsenter(1) has worked.</summary>
    public const byte Entered = 1;

    /// <summary>With the TAP's descriptor.</summary>
    public const byte TapMade = 2;

    /// <summary>The parent serves it: become the command.</summary>
    public const byte Proceed = 3;
}
