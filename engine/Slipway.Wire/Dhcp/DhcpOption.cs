namespace Slipway.Wire;

/// <summary>Option codes of DHCP that are read or written here (RFC 2132 unless noted).</summary>
public enum DhcpOption : byte
{
    Pad = 0,
    SubnetMask = 1,
    Router = 3,
    DomainNameServer = 6,
    HostName = 12,
    DomainName = 15,
    InterfaceMtu = 26,
    BroadcastAddress = 28,
    NetworkTimeServers = 42,
    RequestedAddress = 50,
    LeaseTime = 51,
    Overload = 52,
    MessageType = 53,
    ServerIdentifier = 54,
    ParameterRequestList = 55,
    Message = 56,
    MaximumMessageSize = 57,
    RenewalTime = 58,
    RebindingTime = 59,
    ClientIdentifier = 61,

    /// <summary>Client FQDN (RFC 4702).</summary>
    ClientName = 81,

    /// <summary>Domain search list, compressed (RFC 3397).</summary>
    DomainSearch = 119,

    /// <summary>Classless static routes (RFC 3442).</summary>
    ClasslessRoutes = 121,

    /// <summary>Microsoft's earlier code for the same routes; Windows asks for both.</summary>
    ClasslessRoutesMicrosoft = 249,

    End = 255,
}
