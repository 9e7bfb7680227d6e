using System.ComponentModel;

namespace Slipway.Engine;

/// <summary>One of the configuration's "dhcp.leases".</summary>
internal sealed class StaticLeaseDocument
{
    [Description("The client's Ethernet address.")]
    public required string Mac { get; set; }

    [Description("Its IPv4 address, inside the subnet.")]
    public required string Address { get; set; }

    [Description("Its name in DNS; what the client sends when absent.")]
    public string? Name { get; set; }
}
