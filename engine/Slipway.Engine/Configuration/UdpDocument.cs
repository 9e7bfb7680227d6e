using System.ComponentModel;

namespace Slipway.Engine;

/// <summary>The configuration's "udp".</summary>
internal sealed class UdpDocument
{
    [Description(
        "Let a guest's port take datagrams from any address (full cone), not only from those that "
            + "it has sent to; false by default.")]
    public bool? FullCone { get; set; }
}
