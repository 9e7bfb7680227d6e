using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>The configuration's "ipv6".</summary>
internal sealed class Ipv6Document
{
    [Description(
        "auto: guests have IPv6 if the host speaks it, and a default route while the host has "
            + "one. on: both always. off: neither. auto by default. Option --ipv6.")]
    [AllowedValues("auto", "on", "off")]
    public string? Mode { get; set; }

    [Description("The guests' prefix, a /64; fd5a:94ef:e40c::/64 by default.")]
    public string? Prefix { get; set; }

    [Description("The engine's address in the prefix. ::1 in it by default.")]
    public string? Gateway { get; set; }

    [Description(
        "The address that reaches the host's ::1, where hostAlias is not false. ::fe in the "
            + "prefix by default.")]
    public string? HostAliasAddress { get; set; }

    [Description(
        "Tell guests in router advertisements to ask for addresses by DHCPv6 (the M flag); false "
            + "by default.")]
    public bool? Managed { get; set; }

    [Description(
        "Tell guests in router advertisements to ask for the rest by DHCPv6 (the O flag); false "
            + "by default.")]
    public bool? OtherConfiguration { get; set; }

    [Description(
        "Let guests that have IPv6 alone reach IPv4 hosts at 64:ff9b::/96 (NAT64), and find them "
            + "there by name (DNS64); false by default.")]
    public bool? Nat64 { get; set; }

    [Description("The DHCPv6 server on the gateway.")]
    public Ipv6DhcpDocument? Dhcp { get; set; }
}
