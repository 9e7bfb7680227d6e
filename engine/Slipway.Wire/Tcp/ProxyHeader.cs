using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// The header of the PROXY protocol, version 2 (HAProxy, "The PROXY protocol", section 2.2): a
/// server that knows it reads from it who its client is, before the client's first byte.
/// </summary>
/// <remarks>
/// <code>
///   0                               12            13           14          16
///   +-------------------------------+-------------+------------+-----------+------------
///   | 0D 0A 0D 0A 00 0D 0A "QUIT" 0A | version 2,  | family,    | length of | addresses,
///   |                               | command     | transport  | what is   | ports
///   +-------------------------------+-------------+------------+-----------+------------
/// </code>
/// IPv4: 4+4 bytes of addresses, 2+2 of ports; IPv6: 16+16, 2+2; each source first.
/// </remarks>
public static class ProxyHeader
{
    /// <summary>Of the longest header that is written: the fixed part and IPv6's.</summary>
    public const int MaximumLengthBytes = FixedLengthBytes + (2 * 16) + PortsLengthBytes;

    private const int FixedLengthBytes = 16;
    private const int PortsLengthBytes = 4;
    private const int CommandOffset = 12;
    private const int FamilyOffset = 13;
    private const int LengthOffset = 14;
    private const byte Local = 0x20;
    private const byte Proxy = 0x21;
    private const byte TcpOverIPv4 = 0x11;
    private const byte TcpOverIPv6 = 0x21;
    private const byte UdpOverIPv4 = 0x12;
    private const byte UdpOverIPv6 = 0x22;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Writes the header of a client's connection by TCP.</summary>
    /// <param name="destination">Room for <see cref="MaximumLengthBytes"/>.</param>
    /// <param name="source">The client.</param>
    /// <param name="target">Where it has connected, in the same family.</param>
    /// <returns>The header's length in bytes.</returns>
    public static int WriteTcp(
        Span<byte> destination, in IpEndpoint source, in IpEndpoint target) =>
        Write(
            destination, source, target,
            source.Address.IsIPv4 ? TcpOverIPv4 : TcpOverIPv6);

    /// <summary>Writes the header of a client's datagram.</summary>
    /// <inheritdoc cref="WriteTcp"/>
    public static int WriteUdp(
        Span<byte> destination, in IpEndpoint source, in IpEndpoint target) =>
        Write(
            destination, source, target,
            source.Address.IsIPv4 ? UdpOverIPv4 : UdpOverIPv6);

    private static int Write(
        Span<byte> destination, in IpEndpoint source, in IpEndpoint target, byte family)
    {
        bool isIPv4 = source.Address.IsIPv4;
        int addressBytes = isIPv4 ? 4 : 16;
        int lengthBytes = (2 * addressBytes) + PortsLengthBytes;
        WriteFixed(destination, Proxy, family, lengthBytes);
        Span<byte> addresses = destination[FixedLengthBytes..];
        if (isIPv4)
        {
            source.Address.WriteIPv4(addresses);
            target.Address.WriteIPv4(addresses[addressBytes..]);
        }
        else
        {
            source.Address.WriteIPv6(addresses);
            target.Address.WriteIPv6(addresses[addressBytes..]);
        }

        Span<byte> ports = addresses[(2 * addressBytes)..];
        BinaryPrimitives.WriteUInt16BigEndian(ports, source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ports[2..], target.Port);
        return FixedLengthBytes + lengthBytes;
    }

    /// <summary>
    /// Writes the header of a connection whose client has no address: command LOCAL, family
    /// UNSPEC.
    /// </summary>
    /// <returns>The header's length in bytes.</returns>
    public static int WriteLocal(Span<byte> destination)
    {
        WriteFixed(destination, Local, 0, 0);
        return FixedLengthBytes;
    }

    private static void WriteFixed(
        Span<byte> destination, byte command, byte family, int lengthBytes)
    {
        Signature.CopyTo(destination);
        destination[CommandOffset] = command;
        destination[FamilyOffset] = family;
        BinaryPrimitives.WriteUInt16BigEndian(destination[LengthOffset..], (ushort)lengthBytes);
    }
}
