namespace Slipway.Wire;

/// <summary>
/// Types of the options of neighbor discovery (RFC 4861 section 4.6); others may come from the
/// wire and are passed over.
/// </summary>
public enum NdpOption : byte
{
    SourceLinkLayerAddress = 1,
    TargetLinkLayerAddress = 2,
    PrefixInformation = 3,
    RedirectedHeader = 4,
    Mtu = 5,

    /// <summary>A more specific route (RFC 4191).</summary>
    RouteInformation = 24,

    /// <summary>RDNSS (RFC 8106 section 5.1).</summary>
    RecursiveDnsServer = 25,

    /// <summary>DNSSL (RFC 8106 section 5.2).</summary>
    DnsSearchList = 31,

    /// <summary>PREF64 (RFC 8781).</summary>
    Nat64Prefix = 38,
}
