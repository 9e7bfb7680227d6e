namespace Slipway.Wire;

/// <summary>
/// Option codes of DHCPv6 that are read or written here (RFC 8415 section 21 unless noted).
/// </summary>
public enum Dhcp6Option : ushort
{
    /// <summary>No option has this code.</summary>
    None = 0,
    ClientIdentifier = 1,
    ServerIdentifier = 2,

    /// <summary>IA_NA: addresses that are renewed.</summary>
    NonTemporaryAddresses = 3,

    /// <summary>IA_TA: addresses of RFC 8981, which are not given out here.</summary>
    TemporaryAddresses = 4,

    /// <summary>IAADDR: an address within an IA.</summary>
    Address = 5,

    /// <summary>ORO: the options that the client asks for, two octets each.</summary>
    OptionRequest = 6,
    Preference = 7,
    ElapsedTime = 8,
    StatusCode = 13,
    RapidCommit = 14,

    /// <summary>Recursive DNS servers (RFC 3646).</summary>
    DnsServers = 23,

    /// <summary>Domain search list, never compressed (RFC 3646).</summary>
    DomainList = 24,

    /// <summary>IA_PD: prefixes, which are not delegated here.</summary>
    DelegatedPrefixes = 25,
    InformationRefreshTime = 32,

    /// <summary>Client FQDN (RFC 4704).</summary>
    ClientName = 39,

    /// <summary>SOL_MAX_RT: the longest pause between SOLICITs, in seconds.</summary>
    SolicitMaxPause = 82,

    /// <summary>INF_MAX_RT: the same for INFORMATION-REQUESTs.</summary>
    InformationMaxPause = 83,
}
