namespace Slipway.Linux;

/// <summary>
/// What a TAP takes over and gives away, as TUN_F_* flags (linux/if_tun.h).
/// </summary>
[Flags]
public enum TapOffloads
{
    None = 0,
    Checksum = 0x01,
    TcpSegments4 = 0x02,
    TcpSegments6 = 0x04,
    TcpSegmentsEcn = 0x08,
    UdpSegments4 = 0x20,
    UdpSegments6 = 0x40,

    /// <summary>All that every kernel has.</summary>
    Tcp = Checksum | TcpSegments4 | TcpSegments6 | TcpSegmentsEcn,

    /// <summary>All, with what Linux has from 6.2 on.</summary>
    All = Tcp | UdpSegments4 | UdpSegments6,
}
