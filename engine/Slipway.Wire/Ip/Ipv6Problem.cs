namespace Slipway.Wire;

/// <summary>
/// Why a packet with good lengths is not to be processed; the numbers are the codes of ICMPv6's
/// parameter problem (RFC 4443 section 3.4), but for those from 100 on.
/// </summary>
public enum Ipv6Problem : byte
{
    /// <summary>
    /// A field in error: a routing header that still names segments (RFC 5095, RFC 8200 section
    /// 4.4), or a jumbo payload (RFC 2675 section 3).
    /// </summary>
    Field = 0,

    /// <summary>
    /// A hop-by-hop header that is not the first, which is no next header elsewhere (RFC 8200
    /// section 4).
    /// </summary>
    NextHeader = 1,

    /// <summary>An option that asks to be refused where it is not known.</summary>
    Option = 2,

    /// <summary>Nothing is wrong.</summary>
    None = 100,

    /// <summary>
    /// Dropped without a word: an option that asks for it, or more headers than anyone sends.
    /// </summary>
    Silent = 101,
}
