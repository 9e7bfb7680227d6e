using System.ComponentModel;

namespace Slipway.Engine;

/// <summary>The configuration's "ipv6".</summary>
internal sealed class Ipv6Document
{
    [Description("The DHCPv6 server on the gateway.")]
    public Ipv6DhcpDocument? Dhcp { get; set; }
}
