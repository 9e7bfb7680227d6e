namespace Slipway.Wire;

/// <summary>Classes (RFC 1035 section 3.2.4).</summary>
public enum DnsClass : ushort
{
    None = 0,
    Internet = 1,

    /// <summary>Chaosnet, by which servers tell their version.</summary>
    Chaos = 3,
    Any = 255,
}
