namespace Slipway.Wire;

/// <summary>How a query ended (RFC 1035 section 4.1.1; above 15 by EDNS, RFC 6891).</summary>
public enum DnsResponseCode : ushort
{
    NoError = 0,

    /// <summary>FORMERR: the query could not be read.</summary>
    FormatError = 1,

    /// <summary>SERVFAIL.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN: the name does not exist, whatever the type.</summary>
    NameError = 3,

    /// <summary>NOTIMP.</summary>
    NotImplemented = 4,

    /// <summary>REFUSED.</summary>
    Refused = 5,

    /// <summary>BADVERS: an EDNS version that is not spoken.</summary>
    BadVersion = 16,
}
