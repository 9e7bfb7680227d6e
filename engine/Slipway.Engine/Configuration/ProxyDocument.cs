using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "proxy".</summary>
internal sealed class ProxyDocument
{
    [Description("Whether the gateway is a proxy for its guests; true by default.")]
    public bool? Enabled { get; set; }

    [Description("Port of the HTTP proxy on the gateway; 3128 by default, 0 for none.")]
    [Range(0, GuestProxyResolver.MaxPort)]
    public int? Port { get; set; }

    [Description("Port of the SOCKS5 proxy on the gateway; 1080 by default, 0 for none.")]
    [Range(0, GuestProxyResolver.MaxPort)]
    public int? SocksPort { get; set; }

    [Description(
        "Ports of TCP whose connections go through the upstream proxy, where one is set, without "
            + "the guests' knowing; 80 and 443 by default, at most 64.")]
    public List<int>? TransparentPorts { get; set; }

    [Description(
        "Upstream proxies for plain HTTP, a text or a list that is tried in order: "
            + "[http|https|socks5|socks5h://][USER[:PASSWORD]@]HOST[:PORT], or direct.")]
    public TextOrList? Http { get; set; }

    [Description("The same for HTTP over TLS.")]
    public TextOrList? Https { get; set; }

    [Description("The same for all that http and https do not speak of. Option --proxy.")]
    public TextOrList? All { get; set; }

    [Description(
        "Hosts that are connected to directly: names with all below them, addresses, networks, "
            + "each with :PORT where wanted, or *. Option --no-proxy.")]
    public TextOrList? NoProxy { get; set; }

    [Description("A PAC file's path or URL, which goes before http, https and all.")]
    public string? Pac { get; set; }

    [Description(
        "What counts where the PAC file fails: next (http, https and all, or else the next source "
            + "of settings) or direct; next by default.")]
    [AllowedValues("next", "direct")]
    public string? PacFailure { get; set; }

    [Description(
        "A file with proxy settings in vpnkit's JSON form, which is followed when it changes. The "
            + "keys here go before it.")]
    public string? File { get; set; }

    [Description(
        "Whether the desktop's proxy settings are followed where this configuration and the file "
            + "name none; true by default.")]
    public bool? Desktop { get; set; }

    [Description(
        "Whether http_proxy, https_proxy, all_proxy and no_proxy of the environment count after "
            + "all else; true by default.")]
    public bool? Environment { get; set; }

    [Description(
        "The only hosts that guests reach by the proxy, as in noProxy; all when absent.")]
    public TextOrList? Allow { get; set; }

    [Description("What a guest reads about any other host, whose name stands for %s.")]
    public string? AllowMessage { get; set; }

    [Description(
        "PEM certificates that https:// upstreams are verified by, instead of the host's.")]
    public string? CaFile { get; set; }

    [Description("The longest that a connect may take in seconds; 10 by default.")]
    [Range(ProxyResolver.MinSeconds, ProxyResolver.MaxConnectSeconds)]
    public int? ConnectSeconds { get; set; }

    [Description("The longest that an upstream may take to answer in seconds; 30 by default.")]
    [Range(ProxyResolver.MinSeconds, ProxyResolver.MaxHandshakeSeconds)]
    public int? HandshakeSeconds { get; set; }

    [Description(
        "How long an upstream that failed is tried after the others, in seconds; 30 by default.")]
    [Range(ProxyResolver.MinSeconds, ProxyResolver.MaxDeadSeconds)]
    public int? DeadSeconds { get; set; }
}
