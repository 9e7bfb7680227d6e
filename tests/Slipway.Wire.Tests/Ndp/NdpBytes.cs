namespace Slipway.Wire.Tests.Ndp;

/// <summary>Messages of neighbor discovery, laid out by hand as the RFCs draw them.</summary>
internal static class NdpBytes
{
    public static readonly MacAddress Mac = new(0x5a94_efe4_0cdd);
    public static readonly IpAddress Gateway = IpAddress.Parse("fe80::5894:efff:fee4:cdd");

    public static readonly byte[] GatewayBytes =
        [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x58, 0x94, 0xef, 0xff, 0xfe, 0xe4, 0x0c, 0xdd];

    public static readonly byte[] SourceLinkLayer = [1, 1, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0xdd];
    public static readonly byte[] TargetLinkLayer = [2, 1, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0xdd];

    /// <summary>An option that nobody knows (RFC 4727 section 6.5), of two units.</summary>
    public static readonly byte[] Unknown = [253, 2, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    public static readonly byte[] Solicitation =
        [135, 0, 0, 0, 0, 0, 0, 0, .. GatewayBytes, .. SourceLinkLayer];

    public static readonly byte[] Advertisement =
        [136, 0, 0, 0, 0xe0, 0, 0, 0, .. GatewayBytes, .. TargetLinkLayer];

    public static readonly byte[] RouterSolicitation =
        [133, 0, 0, 0, 0, 0, 0, 0, .. SourceLinkLayer];

    public static readonly byte[] RouterAdvertisement =
    [
        134, 0, 0, 0, 64, 0x40, 0x07, 0x08, 0, 0, 0x75, 0x30, 0, 0, 0x03, 0xe8,
        .. SourceLinkLayer,
        5, 1, 0, 0, 0, 0, 0x05, 0xdc, // MTU 1500
        3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x07, 0x08, 0, 0, 0, 0, // fd5a:94ef:e40c::/64
        0xfd, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        24, 2, 48, 0, 0xff, 0xff, 0xff, 0xff, // 2001:db8:1::/48
        0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0,
        25, 3, 0, 0, 0, 0, 0x07, 0x08, // RDNSS
        0xfd, 0x5a, 0x94, 0xef, 0xe4, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        31, 3, 0, 0, 0, 0, 0x07, 0x08, // DNSSL: example.com and two bytes of padding
        7, (byte)'e', (byte)'x', (byte)'a', (byte)'m', (byte)'p', (byte)'l', (byte)'e',
        3, (byte)'c', (byte)'o', (byte)'m', 0, 0, 0, 0,
        38, 2, 0x07, 0x08, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, // 64:ff9b::/96
    ];

    /// <summary>A message with a byte changed.</summary>
    public static byte[] With(byte[] message, int offset, byte value)
    {
        byte[] changed = [.. message];
        changed[offset] = value;
        return changed;
    }

    /// <summary>Where an option of the message begins or the last one ends.</summary>
    public static bool IsBetweenOptions(byte[] message, int fixedLength, int length)
    {
        int at = fixedLength;
        while (at < length)
        {
            at += message[at + 1] * 8;
        }

        return at == length;
    }
}
