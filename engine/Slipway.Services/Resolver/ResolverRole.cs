namespace Slipway.Services;

/// <summary>
/// What a process beside the engine does for it. Each role has a process of its own, so that a
/// script costs no name its answer, and each gets only the rights that its work needs.
/// </summary>
public enum ResolverRole : byte
{
    /// <summary>Asks the host's resolver by getaddrinfo: reads what nsswitch.conf names.</summary>
    Names = 1,

    /// <summary>Runs PAC scripts: reads no file, asks the engine for names.</summary>
    Scripts = 2,
}
