using System.ComponentModel;

namespace Slipway.Engine;

/// <summary>The configuration's "dns".</summary>
internal sealed class DnsDocument
{
    [Description("Names that the DNS server answers itself, each with its address. Option --dns.")]
    public Dictionary<string, string>? Records { get; set; }
}
