namespace Slipway.Stack;

/// <summary>
/// What a guest's link takes over from the sender of a frame, as a network card would (virtio 1.2
/// section 5.1.3).
/// </summary>
[Flags]
public enum Offloads : byte
{
    None = 0,

    /// <summary>Checksums of TCP and UDP may be left open.</summary>
    Checksum = 1,

    /// <summary>One frame may hold many TCP segments over IPv4 (TSO4).</summary>
    TcpSegments4 = 2,

    /// <summary>One frame may hold many TCP segments over IPv6 (TSO6).</summary>
    TcpSegments6 = 4,

    /// <summary>One frame may hold many UDP datagrams of a flow (USO).</summary>
    UdpSegments = 8,
}
