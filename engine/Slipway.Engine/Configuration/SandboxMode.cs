namespace Slipway.Engine;

/// <summary>Whether the process of an engine gives up what it does not need.</summary>
public enum SandboxMode
{
    /// <summary>As far as the host has the means; what it lacks is said once.</summary>
    Auto,

    /// <summary>All of it: a host that lacks something is an error.</summary>
    On,

    Off,
}
