namespace Slipway.Wire;

/// <summary>
/// Types of records and questions that are told apart here (RFC 1035 section 3.2.2).
/// </summary>
public enum DnsType : ushort
{
    None = 0,
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,

    /// <summary>IPv6 address (RFC 3596).</summary>
    Aaaa = 28,
    Srv = 33,

    /// <summary>A name for all names below another (RFC 6672).</summary>
    Dname = 39,

    /// <summary>The pseudo-record of EDNS (RFC 6891).</summary>
    Opt = 41,
    Svcb = 64,
    Https = 65,

    /// <summary>Incremental zone transfer (RFC 1995).</summary>
    Ixfr = 251,

    /// <summary>Zone transfer.</summary>
    Axfr = 252,

    /// <summary>All records of a name.</summary>
    Any = 255,
}
