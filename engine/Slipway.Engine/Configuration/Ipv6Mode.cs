namespace Slipway.Engine;

/// <summary>Whether guests have IPv6.</summary>
public enum Ipv6Mode
{
    /// <summary>
    /// If the host speaks it; and the default route is advertised while the host has one.
    /// </summary>
    Auto,

    /// <summary>Always, the default route too.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}
