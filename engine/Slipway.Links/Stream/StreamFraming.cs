namespace Slipway.Links;

/// <summary>How frames are told apart on a connected socket.</summary>
internal enum StreamFraming
{
    /// <summary>A u32 in network order before each: QEMU, passt's guests, libkrun.</summary>
    Length32,

    /// <summary>A u16, little-endian, before each: vpnkit, gvproxy's /connect.</summary>
    Length16,

    /// <summary>The kernel keeps them apart (SOCK_SEQPACKET): BESS, UML.</summary>
    Packets,
}
