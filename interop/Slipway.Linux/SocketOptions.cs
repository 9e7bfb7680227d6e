using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>setsockopt(2) and getsockopt(2) for the options that the engine uses.</summary>
public static unsafe partial class SocketOptions
{
    public const int LevelIp = 0;
    public const int LevelSocket = 1;
    public const int LevelTcp = 6;
    public const int LevelUdp = 17;
    public const int LevelIPv6 = 41;

    public const int ReuseAddress = 2;
    public const int Type = 3;
    public const int Error = 4;
    public const int SendBuffer = 7;
    public const int ReceiveBuffer = 8;
    public const int KeepAlive = 9;
    public const int OutOfBandInline = 10;
    public const int Linger = 13;
    public const int PeekOffset = 42;

    public const int IpTypeOfService = 1;
    public const int IpTtl = 2;
    public const int IpPacketInfo = 8;
    public const int IpMtuDiscover = 10;
    public const int IpReceiveErrors = 11;
    public const int IPv6UnicastHops = 16;
    public const int IPv6MtuDiscover = 23;
    public const int IPv6ReceiveErrors = 25;
    public const int IPv6Only = 26;
    public const int IPv6ReceivePacketInfo = 49;

    /// <summary>IPV6_PKTINFO: of one datagram, in a control message.</summary>
    public const int IPv6PacketInfo = 50;

    /// <summary>IPV6_HOPLIMIT: of one datagram, in a control message.</summary>
    public const int IPv6HopLimit = 52;

    /// <summary>IPV6_TCLASS.</summary>
    public const int IPv6TrafficClass = 67;

    /// <summary>UDP_SEGMENT: the kernel cuts what is sent into datagrams (udp(7)).</summary>
    public const int UdpSegment = 103;

    /// <summary>UDP_GRO: the kernel joins datagrams that are received.</summary>
    public const int UdpGro = 104;

    public const int TcpNoDelay = 1;

    /// <summary>IP_PMTUDISC_DONT, also of IPv6: fragments may be made.</summary>
    public const int MtuDiscoverDont = 0;

    /// <summary>
    /// IP_PMTUDISC_DO, also of IPv6: DF is set where there is one; what is too long is an error.
    /// </summary>
    public const int MtuDiscoverDo = 2;

    public static int Set(int socket, int level, int option, int value) =>
        Result(setsockopt(socket, level, option, &value, sizeof(int)));

    /// <summary>SO_LINGER with no time: close sends RST.</summary>
    public static int SetLingerZero(int socket)
    {
        int* linger = stackalloc int[2] { 1, 0 };
        return Result(setsockopt(socket, LevelSocket, Linger, linger, 2 * sizeof(int)));
    }

    /// <summary>Reads an option of type int; a negated errno if that failed.</summary>
    public static int Get(int socket, int level, int option)
    {
        int value = 0;
        uint length = sizeof(int);
        int result = Result(getsockopt(socket, level, option, &value, &length));
        return result < 0 ? result : value;
    }

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsockopt(
        int socket, int level, int option, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getsockopt(
        int socket, int level, int option, void* value, uint* length);
}
