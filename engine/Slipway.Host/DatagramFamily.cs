using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// What differs between the datagram sockets of IPv4 and of IPv6: the numbers of their options
/// (ip(7), ipv6(7)), and those of ICMP (RFC 792) and ICMPv6 (RFC 4443) for what the host itself
/// reports.
/// </summary>
internal sealed class DatagramFamily
{
    public static readonly DatagramFamily IPv4 = new()
    {
        AddressBytes = SocketAddress.IPv4LengthBytes,
        Level = SocketOptions.LevelIp,
        ReceiveErrors = SocketOptions.IpReceiveErrors,
        MtuDiscover = SocketOptions.IpMtuDiscover,
        DefaultTtl = SocketOptions.IpTtl,
        Ttl = SocketOptions.IpTtl,
        TypeOfService = SocketOptions.IpTypeOfService,
        ErrorOrigin = 2,
        Unspecified = IpAddress.IPv4Any,
        PortUnreachable = (3, 3),
        HostUnreachable = (3, 1),
        TooLong = (3, 4),
        KeepPacketInfo = SocketOptions.IpPacketInfo,
        PacketInfo = SocketOptions.IpPacketInfo,
        PacketInfoBytes = 12,
        LocalOffset = 4,
    };

    public static readonly DatagramFamily IPv6 = new()
    {
        AddressBytes = SocketAddress.MaximumLengthBytes,
        Level = SocketOptions.LevelIPv6,
        ReceiveErrors = SocketOptions.IPv6ReceiveErrors,
        MtuDiscover = SocketOptions.IPv6MtuDiscover,
        DefaultTtl = SocketOptions.IPv6UnicastHops,
        Ttl = SocketOptions.IPv6HopLimit,
        TypeOfService = SocketOptions.IPv6TrafficClass,
        ErrorOrigin = 3,
        Unspecified = default,
        PortUnreachable = (1, 4),
        HostUnreachable = (1, 3),
        TooLong = (2, 0),
        KeepPacketInfo = SocketOptions.IPv6ReceivePacketInfo,
        PacketInfo = SocketOptions.IPv6PacketInfo,
        PacketInfoBytes = 20,
        LocalOffset = 0,
    };

    public bool IsIPv4 => Level == SocketOptions.LevelIp;

    /// <summary>Length of struct sockaddr_in or sockaddr_in6.</summary>
    public required int AddressBytes { get; init; }

    /// <summary>Of the options and of the control messages.</summary>
    public required int Level { get; init; }

    /// <summary>The option that keeps errors, and their control message.</summary>
    public required int ReceiveErrors { get; init; }

    /// <summary>
    /// The option that forbids fragments, or lets the host make them. Its values are the same.
    /// </summary>
    public required int MtuDiscover { get; init; }

    /// <summary>The option of the TTL where no message says another.</summary>
    public required int DefaultTtl { get; init; }

    /// <summary>The control message of the TTL or hop limit.</summary>
    public required int Ttl { get; init; }

    /// <summary>The control message of the type of service or traffic class.</summary>
    public required int TypeOfService { get; init; }

    /// <summary>SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6: a report that came by ICMP.</summary>
    public required byte ErrorOrigin { get; init; }

    public required IpAddress Unspecified { get; init; }

    public required (byte Type, byte Code) PortUnreachable { get; init; }

    public required (byte Type, byte Code) HostUnreachable { get; init; }

    /// <summary>"Fragmentation needed", "packet too big": tells an MTU.</summary>
    public required (byte Type, byte Code) TooLong { get; init; }

    /// <summary>The option that has the socket tell where datagrams were sent to.</summary>
    public required int KeepPacketInfo { get; init; }

    /// <summary>Its control message, which also says where one leaves from.</summary>
    public required int PacketInfo { get; init; }

    /// <summary>sizeof(struct in_pktinfo), sizeof(struct in6_pktinfo).</summary>
    public required int PacketInfoBytes { get; init; }

    /// <summary>Of ipi_spec_dst, the host's own address; of ipi6_addr.</summary>
    public required int LocalOffset { get; init; }

    public static DatagramFamily Of(bool ipv4) => ipv4 ? IPv4 : IPv6;
}
