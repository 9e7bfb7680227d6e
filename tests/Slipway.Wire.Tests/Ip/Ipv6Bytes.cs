namespace Slipway.Wire.Tests.Ip;

/// <summary>IPv6 packets laid out by hand as RFC 8200 draws them.</summary>
internal static class Ipv6Bytes
{
    public const byte Tcp = 6;
    public const byte Routing = 43;
    public const byte Fragment = 44;
    public const byte DestinationOptions = 60;

    /// <summary>Eight bytes that stand for an upper layer.</summary>
    public static readonly byte[] Upper = [0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8];

    /// <summary>Traffic class 0xb9, flow label 0xabcde, hop limit 63.</summary>
    public static byte[] Packet(byte nextHeader, params byte[] payload) =>
    [
        0x6b, 0x9a, 0xbc, 0xde,
        (byte)(payload.Length >> 8), (byte)payload.Length, nextHeader, 63,
        0xfd, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, // the guest
        0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        .. payload,
    ];

    /// <summary>A header of options, hop-by-hop or destination, padded by PadN.</summary>
    public static byte[] Options(byte nextHeader, params byte[] options)
    {
        int lengthBytes = (2 + options.Length + 7) / 8 * 8;
        int padding = lengthBytes - 2 - options.Length;
        byte[] pad = padding switch
        {
            0 => [],
            1 => [0],
            _ => [1, (byte)(padding - 2), .. new byte[padding - 2]],
        };
        return [nextHeader, (byte)((lengthBytes / 8) - 1), .. options, .. pad];
    }

    /// <summary>A fragment header that names the datagram 0x01020304.</summary>
    public static byte[] FragmentHeader(byte nextHeader, int offsetBytes, bool more) =>
        [nextHeader, 0, (byte)(offsetBytes >> 8), (byte)(offsetBytes | (more ? 1 : 0)), 1, 2, 3, 4];
}
