namespace Slipway.Wire.Tests;

/// <summary>
/// Frames that Linux 6 sent on an Ethernet pair between 192.168.127.2 and 192.168.127.1, captured
/// with tcpdump while checksum offload was off.
/// </summary>
internal static class CapturedFrames
{
    public static readonly byte[] ArpRequest = Hex(
        "ffffffffffff 6a34256aa176 0806",
        "0001 0800 06 04 0001 6a34256aa176 c0a87f02 000000000000 c0a87f01");

    public static readonly byte[] ArpReply = Hex(
        "6a34256aa176 c667a726fb6b 0806",
        "0001 0800 06 04 0002 c667a726fb6b c0a87f01 6a34256aa176 c0a87f02");

    /// <summary>iputils' ping, 56 bytes of data.</summary>
    public static readonly byte[] EchoRequest = Hex(
        "c667a726fb6b 6a34256aa176 0800",
        "45000054 a0454000 40011b0f c0a87f02 c0a87f01",
        "0800 1183 6771 0001",
        "9c77056b00000000 1b55030000000000 1011121314151617 18191a1b1c1d1e1f",
        "2021222324252627 28292a2b2c2d2e2f 3031323334353637");

    /// <summary>ping -R: a reply whose IP header has a record-route option of 40 bytes.</summary>
    public static readonly byte[] EchoReplyWithRoute = Hex(
        "6a34256aa176 c667a726fb6b 0800",
        "4f00007c 41770000 400198cf c0a87f01 c0a87f02",
        "072710c0 a87f02c0 a87f01c0 a87f0100 00000000 00000000 00000000 00000000 00000000 00000000",
        "0000 16c4 6772 0001",
        "9c77056b00000000 1d13040000000000 1011121314151617 18191a1b1c1d1e1f",
        "2021222324252627 28292a2b2c2d2e2f 3031323334353637");

    /// <summary>The second fragment of ping -s 2000, cut to its first 64 bytes of 548.</summary>
    public static readonly byte[] LastFragmentHeader = Hex(
        "c667a726fb6b 6a34256aa176 0800",
        "45000224 a05200b9 40015879 c0a87f02 c0a87f01");

    /// <summary>"x\n" to the discard port.</summary>
    public static readonly byte[] UdpDatagram = Hex(
        "c667a726fb6b 6a34256aa176 0800",
        "4500001e 11664000 4011aa14 c0a87f02 c0a87f01",
        "9214 0009 000a 765d 780a");

    /// <summary>What the kernel answered to <see cref="UdpDatagram"/>.</summary>
    public static readonly byte[] PortUnreachable = Hex(
        "6a34256aa176 c667a726fb6b 0800",
        "45c0003a 41f30000 4001b8bb c0a87f01 c0a87f02",
        "0303 7c6d 00000000",
        "4500001e 11664000 4011aa14 c0a87f02 c0a87f01 9214 0009 000a 765d 780a");

    public static readonly byte[] TcpSyn = Hex(
        "c667a726fb6b 6a34256aa176 0800",
        "4500003c 00104000 4006bb57 c0a87f02 c0a87f01",
        "beee 0009 eeef5384 00000000 a002 faf0 b65a 0000",
        "020405b4 0402 080a d6dc3f14 00000000 01 03030a");

    public static readonly byte[] TcpReset = Hex(
        "6a34256aa176 c667a726fb6b 0800",
        "45000028 00004000 4006bb7b c0a87f01 c0a87f02",
        "0009 beee 00000000 eeef5385 5014 0000 2f0f 0000");

    /// <summary>The answer to two segments out of order: 111 to 121, then 131 to 141.</summary>
    public static readonly byte[] TcpSelectiveAcknowledgment = Hex(
        "020000000003 724a91d7b418 0800",
        "45000048 b3f44000 40060766 c0a87f01 c0a87f03",
        "1f90 9c40 daf1f51d 00000065 d010 0040 2265 0000",
        "0101080a a2da499b 000003e8 01010512 00000083 0000008d 0000006f 00000079");

    /// <summary>All whole frames, for tests that mutate them.</summary>
    public static readonly byte[][] All =
    [
        ArpRequest, ArpReply, EchoRequest, EchoReplyWithRoute, UdpDatagram, PortUnreachable,
        TcpSyn, TcpReset, TcpSelectiveAcknowledgment,
    ];

    /// <summary>Joins parts of hexadecimal digits; spaces are for the reader.</summary>
    public static byte[] Hex(params string[] parts) =>
        Convert.FromHexString(string.Concat(parts).Replace(" ", "", StringComparison.Ordinal));
}
