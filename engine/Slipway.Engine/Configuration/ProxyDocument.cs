using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "proxy".</summary>
internal sealed class ProxyDocument
{
    [Description("Whether the gateway is a proxy for its guests; true by default.")]
    public bool? Enabled { get; set; }

    [Description("Port of the HTTP proxy on the gateway; 3128 by default, 0 for none.")]
    [Range(0, ProxyResolver.MaxPort)]
    public int? Port { get; set; }

    [Description("Port of the SOCKS5 proxy on the gateway; 1080 by default, 0 for none.")]
    [Range(0, ProxyResolver.MaxPort)]
    public int? SocksPort { get; set; }

    [Description(
        "Ports of TCP whose connections go through the upstream proxy, where one is set, without "
            + "the guests' knowing; 80 and 443 by default, at most 64.")]
    public List<int>? TransparentPorts { get; set; }
}
