using System.ComponentModel;

namespace Slipway.Engine;

/// <summary>One of the configuration's "ipv6.dhcp.leases".</summary>
internal sealed class Ipv6StaticLeaseDocument
{
    [Description("The client's DUID in hexadecimal, with colons or without; or mac.")]
    public string? Duid { get; set; }

    [Description("The client's Ethernet address; or duid.")]
    public string? Mac { get; set; }

    [Description("Its IPv6 address, inside the prefix.")]
    public required string Address { get; set; }

    [Description("Its name in DNS; what the client sends when absent.")]
    public string? Name { get; set; }
}
