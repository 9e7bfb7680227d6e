using Slipway.Stack;

namespace Slipway.Links;

/// <summary>Lengths of Ethernet frames on links that are sockets.</summary>
internal static class FrameLimits
{
    /// <summary>Ethernet header and a VLAN tag, in bytes.</summary>
    internal const int OverheadBytes = 18;

    /// <summary>
    /// A frame with the largest IP packet there is, in bytes. A guest's frame beyond the link's MTU
    /// is for the switch to drop and count; one beyond this is no frame.
    /// </summary>
    internal const int LargestBytes = 65_535 + OverheadBytes;

    /// <summary>
    /// The largest that a link carries: with segments left to it, more than one packet's frame.
    /// </summary>
    internal static int LargestOf(int packetFrameBytes, Offloads offloads) =>
        (offloads & ~Offloads.Checksum) == Offloads.None ? packetFrameBytes
        : Math.Max(packetFrameBytes, IGuestPort.LargestSegmentedBytes);
}
