namespace Slipway.Stack;

/// <summary>What a frame is cut into by its taker.</summary>
public enum SegmentKind : byte
{
    None = 0,

    /// <summary>TCP segments over IPv4.</summary>
    Tcp4,

    /// <summary>TCP segments over IPv6.</summary>
    Tcp6,

    /// <summary>UDP datagrams over either.</summary>
    Udp,
}
