using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Slipway.Engine;

/// <summary>One of the configuration's "services".</summary>
internal sealed class ServiceDocument
{
    [Description("Its name in DNS while it exists. Several ports may have one name.")]
    public string? Name { get; set; }

    [Description(
        "An address that is the service's alone, in the subnet, the IPv6 prefix or elsewhere; or "
            + "\"gateway\" for a port of the gateway's addresses. Where only a name is given, an "
            + "address of the subnet, from the last one downward in the order of the list.")]
    public string? Address { get; set; }

    [Description("The port that guests connect to.")]
    [Range(1, ushort.MaxValue)]
    public required int Port { get; set; }

    [Description("What answers, at the host: tcp:HOST:PORT, udp:HOST:PORT or unix:PATH.")]
    public required string Target { get; set; }
}
