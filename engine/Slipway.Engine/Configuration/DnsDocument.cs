using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "dns".</summary>
internal sealed class DnsDocument
{
    [Description(
        "Names that the DNS server answers itself, each with an address, a list of addresses, or "
            + "its records by type; *.NAME stands for all names below it. Option --dns.")]
    public Dictionary<string, DnsRecordDocument>? Records { get; set; }

    [Description(
        "Zones that the DNS server is the authority of: what they do not have does not exist. Of "
            + "zones within one another the longest name counts.")]
    public Dictionary<string, DnsZoneDocument>? Zones { get; set; }

    [Description(
        "Name servers that are asked instead of the host's, as ADDRESS, ADDRESS:PORT or "
            + "[ADDRESS]:PORT, or as tls://ADDRESS[:PORT][#NAME] over TLS; resolved as the host "
            + "does by default.")]
    public List<string>? Servers { get; set; }

    [Description(
        "Split DNS: domains with the addresses of the servers that are asked for names in them, "
            + "as in servers.")]
    public Dictionary<string, List<string>>? Domains { get; set; }

    [Description(
        "A PEM file of the authorities that vouch for name servers over TLS; those that the host "
            + "trusts by default.")]
    public string? TlsCertificates { get; set; }

    [Description(
        "Whether systemd-resolved is asked which domains its links have servers of their own for, "
            + "where the host resolves by it; true by default.")]
    public bool? Resolved { get; set; }

    [Description(
        "What one guest is told over UDP in a second at most, in bytes, 65536 to 1073741824; "
            + "67108864 by default.")]
    [Range(
        ConfigurationResolver.MinDnsBytesPerSecond, ConfigurationResolver.MaxDnsBytesPerSecond)]
    public int? BytesPerSecond { get; set; }

    [Description(
        "Answers of the host's name servers that are kept, up to 65536; 4096 by default, 0 keeps "
            + "none.")]
    [Range(0, ConfigurationResolver.MaxCachedResponses)]
    public int? Cache { get; set; }
}
