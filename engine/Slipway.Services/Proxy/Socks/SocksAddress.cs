using System.Buffers.Binary;
using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// An address as SOCKS5 writes it (RFC 1928 sections 4 to 7).
/// <code>
///   | type 1 | address 4, 16, or a name behind its length | port 2 |
/// </code>
/// </summary>
internal static class SocksAddress
{
    /// <summary>That of IPv6, in bytes: no longer one is written here.</summary>
    public const int MostWrittenBytes = 1 + IpAddress.IPv6LengthBytes + PortBytes;

    private const byte IPv4 = 1;
    private const byte Name = 3;
    private const byte IPv6 = 4;
    private const int PortBytes = 2;

    /// <summary>Bytes of the whole address; 0 for a type that is none.</summary>
    /// <param name="type">The type.</param>
    /// <param name="first">The byte behind it.</param>
    public static int LengthOf(byte type, byte first) => type switch
    {
        IPv4 => 1 + IpAddress.IPv4LengthBytes + PortBytes,
        IPv6 => 1 + IpAddress.IPv6LengthBytes + PortBytes,
        Name => 1 + 1 + first + PortBytes,
        _ => 0,
    };

    /// <summary>The host and the port of a whole address; an empty host for a bad one.</summary>
    public static Authority Read(ReadOnlySpan<byte> address)
    {
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[^PortBytes..]);
        ReadOnlySpan<byte> host = address[1..^PortBytes];
        switch (address[0])
        {
            case IPv4:
                return new Authority(IpAddress.ReadIPv4(host).ToString(), port);
            case IPv6:
                return new Authority(IpAddress.ReadIPv6(host).ToString(), port);
            default:
                string name = Encoding.Latin1.GetString(host[1..]);
                return Authority.TryParse(name, out Authority read) && read.Port == 0
                    ? new Authority(read.Host, port) : new Authority("", port);
        }
    }

    /// <summary>Writes an address; its length in bytes.</summary>
    public static int Write(Span<byte> destination, in IpEndpoint endpoint)
    {
        int length = LengthOf(endpoint.Address.IsIPv4 ? IPv4 : IPv6, 0);
        destination[0] = endpoint.Address.IsIPv4 ? IPv4 : IPv6;
        if (endpoint.Address.IsIPv4)
        {
            endpoint.Address.WriteIPv4(destination[1..]);
        }
        else
        {
            endpoint.Address.WriteIPv6(destination[1..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[(length - PortBytes)..], endpoint.Port);
        return length;
    }
}
