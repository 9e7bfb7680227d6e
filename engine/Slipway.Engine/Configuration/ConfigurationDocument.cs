using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Slipway.Engine;

/// <summary>
/// The configuration file as it is written: every key may be absent. The descriptions, patterns and
/// ranges go into the published schema; <see cref="ConfigurationResolver"/> enforces them.
/// </summary>
[Description("Configuration of the Slipway network engine.")]
internal sealed class ConfigurationDocument
{
    [JsonPropertyName("$schema")]
    [Description("Where this schema is, for editors.")]
    public string? Schema { get; set; }

    [Description(
        "Guests' links: tap:NAME[,netns=PATH|PID][,configure=no][,offload=no], "
            + "stream:PATH, dgram:PATH, seqpacket:PATH, vpnkit:PATH, vhost-user:PATH, "
            + "vsock:PORT, fd:N,framing=stream|dgram|seqpacket|vpnkit|connect|tap|vhost-user. "
            + "Behind any of them group=NAME (its guests see those of links of the same name "
            + "alone) or isolated (they see no other guest); nor do they reach others' published "
            + "ports by the host alias. Option --link.")]
    public List<string>? Links { get; set; }

    [Description(
        "The virtual network, an IPv4 prefix of /8 to /30; 192.168.127.0/24 by default. Option "
            + "--subnet.")]
    public string? Subnet { get; set; }

    [Description(
        "The engine's address in the subnet: router, DNS and DHCP server. The first one by "
            + "default.")]
    public string? Gateway { get; set; }

    [Description("The gateway's Ethernet address; 5a:94:ef:e4:0c:dd by default.")]
    public string? GatewayMac { get; set; }

    [Description(
        "Whether guests reach the host's loopback by an address of the subnet; true by default. "
            + "Option --no-host-alias.")]
    public bool? HostAlias { get; set; }

    [Description("That address. The last one of the subnet by default.")]
    public string? HostAliasAddress { get; set; }

    [Description(
        "Whether guests reach the host's link-local addresses (169.254.0.0/16) and the services "
        + "by which a cloud tells a host its secrets (169.254.169.254, fd00:ec2::254); false by "
        + "default.")]
    public bool? LinkLocal { get; set; }

    [Description("The IPv6 side of the virtual network.")]
    public Ipv6Document? Ipv6 { get; set; }

    [Description(
        "Largest IP packet on the virtual network in bytes, 576 to 65520; 1500 by default. Option "
            + "--mtu.")]
    [Range(ConfigurationResolver.MinMtuBytes, ConfigurationResolver.MaxMtuBytes)]
    public int? Mtu { get; set; }

    [Description(
        "Threads that share the flows, 1 to 16; 1 by default. More help where many connections "
            + "are busy and the host has processors to spare. Option --workers.")]
    [Range(ConfigurationResolver.MinWorkers, ConfigurationResolver.MaxWorkers)]
    public int? Workers { get; set; }

    [Description(
        "Ports of the host that lead to a guest: "
            + "[HOSTIP:]HOSTPORT[-LAST]:[GUEST:]GUESTPORT[-LAST][/tcp|udp][,OPTION...]; or "
            + "unix:PATH:[GUEST:]GUESTPORT with a Unix stream socket, "
            + "fd:NAME:[GUEST:]GUESTPORT with one that systemd passes. The host's address is "
            + "127.0.0.1; GUEST is an address or a lease's name, the first guest unless named. "
            + "Options: client-address=gateway|client, proxy-protocol=v2, mode=0600 of a Unix "
            + "socket. Option --publish.")]
    public List<string>? Publish { get; set; }

    [Description(
        "Where `slipway helper` binds ports that this user may not: unix:PATH, or off; "
            + "unix:/run/slipway-helper.sock by default.")]
    public string? Helper { get; set; }

    [Description(
        "Services that guests find at an address or by a name, and that the host answers.")]
    public List<ServiceDocument>? Services { get; set; }

    [Description(
        "Traffic of guests to the outside that goes to the host instead, by its destination. Of "
            + "several the longest prefix holds, and of its own the fewest ports.")]
    public List<InterceptDocument>? Intercept { get; set; }

    [Description("The DNS server on the gateway.")]
    public DnsDocument? Dns { get; set; }

    [Description("The DHCP server on the gateway.")]
    public DhcpDocument? Dhcp { get; set; }

    [Description(
        "The HTTP and SOCKS5 proxy on the gateway, and the proxies that guests' connections take "
            + "on their way out.")]
    public ProxyDocument? Proxy { get; set; }

    [Description("UDP flows.")]
    public UdpDocument? Udp { get; set; }

    [Description("Bounds on what guests can make the engine hold.")]
    public LimitsDocument? Limits { get; set; }

    [Description(
        "Where a running engine is asked and told things: unix:PATH (control.sock in a folder of "
            + "the user's by default), tcp:127.0.0.1:PORT[,token=FILE] for clients that show the "
            + "token of a file (control.token in that folder), or off. Option --control.")]
    public string? Control { get; set; }

    [Description(
        "Seconds that open TCP connections have to end when the engine is told to (SIGTERM, SIGINT "
            + "or SIGHUP), while new ones are refused: 0 to 3600, 1 by default. Those that are "
            + "left are reset. Option --drain.")]
    [Range(DrainResolver.MinSeconds, DrainResolver.MaxSeconds)]
    public int? DrainSeconds { get; set; }

    [Description(
        "Keep the last frames of all guests in so much memory, to be read after the event by "
            + "`slipway capture ring`: 16MiB; none by default. Option --ring.")]
    public string? Ring { get; set; }

    [Description("What the engine's process gives up once it has begun.")]
    public SandboxDocument? Sandbox { get; set; }

    [Description(
        "What guests find at port 80 of the gateway: off, status (a page about themselves) or "
            + "forwards (that, and gvproxy's forwarder, by which they publish ports of their own "
            + "on the host's loopback); forwards by default. A service there takes its place.")]
    [AllowedValues("off", "status", "forwards")]
    public string? GuestControl { get; set; }

    [Description(
        "debug, information, warning or error; information by default. Option --log-level.")]
    [AllowedValues("debug", "information", "warning", "error")]
    public string? LogLevel { get; set; }

    [Description(
        "text, or json for an object a line; text by default. Option --log-format.")]
    [AllowedValues("text", "json")]
    public string? LogFormat { get; set; }

    [Description(
        "An inherited descriptor that is told \"1\" and closed when the engine is ready. Option "
            + "--ready-fd.")]
    public int? ReadyFd { get; set; }
}
