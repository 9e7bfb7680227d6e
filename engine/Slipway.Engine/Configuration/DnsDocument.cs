using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "dns".</summary>
internal sealed class DnsDocument
{
    [Description(
        "Names that the DNS server answers itself, each with its address; *.NAME stands for all "
            + "names below it. Option --dns.")]
    public Dictionary<string, string>? Records { get; set; }

    [Description(
        "Name servers that are asked instead of the host's, as ADDRESS, ADDRESS:PORT or "
            + "[ADDRESS]:PORT; resolved as the host does by default.")]
    public List<string>? Servers { get; set; }

    [Description(
        "Split DNS: domains with the addresses of the servers that are asked for names in them, "
            + "as ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT.")]
    public Dictionary<string, List<string>>? Domains { get; set; }

    [Description(
        "Answers of the host's name servers that are kept, up to 65536; 4096 by default, 0 keeps "
            + "none.")]
    [Range(0, ConfigurationResolver.MaxCachedResponses)]
    public int? Cache { get; set; }
}
