namespace Slipway.Engine;

/// <summary>How frames are told apart on an inherited descriptor.</summary>
public enum LinkFraming
{
    /// <summary>A u32 big-endian length before each frame.</summary>
    Stream,

    /// <summary>One frame a datagram.</summary>
    Datagram,

    /// <summary>One frame a packet of SOCK_SEQPACKET (BESS, UML).</summary>
    SeqPacket,

    /// <summary>vpnkit's handshake, then a u16 little-endian length before each frame.</summary>
    Vpnkit,

    /// <summary>gvproxy's: POST /connect, then as vpnkit's.</summary>
    Connect,

    /// <summary>A TAP device's descriptor.</summary>
    Tap,

    /// <summary>No frames: the vhost-user protocol with a VMM that is connected.</summary>
    VhostUser,
}
