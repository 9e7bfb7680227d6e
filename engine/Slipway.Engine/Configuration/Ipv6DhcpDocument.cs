using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "ipv6.dhcp".</summary>
internal sealed class Ipv6DhcpDocument
{
    [Description("Whether guests' requests are answered; true by default.")]
    public bool? Enabled { get; set; }

    [Description(
        "Whether guests are given addresses; with false they are told of DNS alone. True by "
            + "default.")]
    public bool? Addresses { get; set; }

    [Description("The first address of the pool; 1:0 of the prefix by default.")]
    public string? First { get; set; }

    [Description("The last address of the pool; 1:ffff of the prefix by default.")]
    public string? Last { get; set; }

    [Description("Lease time in seconds, 60 to 31536000; 3600 by default.")]
    [Range(ConfigurationResolver.MinLeaseSeconds, ConfigurationResolver.MaxLeaseSeconds)]
    public int? LeaseSeconds { get; set; }

    [Description(
        "A file that keeps leases over a restart, another than dhcp.leaseFile; leases are kept in "
            + "memory only when absent.")]
    public string? LeaseFile { get; set; }

    [Description("Addresses that belong to one client each.")]
    public List<Ipv6StaticLeaseDocument>? Leases { get; set; }
}
