using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "dhcp".</summary>
internal sealed class DhcpDocument
{
    [Description("Whether guests' requests are answered; true by default.")]
    public bool? Enabled { get; set; }

    [Description(
        "Domain name given to guests, and the domain that their names live in; internal by "
            + "default.")]
    public string? Domain { get; set; }

    [Description(
        "Domain search list given to guests; the domain and what the host's resolv.conf searches "
            + "by default.")]
    public List<string>? Search { get; set; }

    [Description(
        "The first address that is leased, and a published port's guest where none is named; the "
            + "lowest of the subnet that is free by default.")]
    public string? First { get; set; }

    [Description("Addresses of NTP servers given to guests.")]
    public List<string>? Ntp { get; set; }

    [Description("Lease time in seconds, 60 to 31536000; 3600 by default.")]
    [Range(ConfigurationResolver.MinLeaseSeconds, ConfigurationResolver.MaxLeaseSeconds)]
    public int? LeaseSeconds { get; set; }

    [Description(
        "A file that keeps leases over a restart; leases are kept in memory only when absent.")]
    public string? LeaseFile { get; set; }

    [Description("Addresses that belong to one client each.")]
    public List<StaticLeaseDocument>? Leases { get; set; }
}
