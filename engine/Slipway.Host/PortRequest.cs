using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>
/// What is asked of the helper that binds ports for others, one request for each connection.
/// </summary>
/// <remarks>
/// <code>
///   0         1          2        4                        20
///   +---------+----------+--------+------------------------+
///   | version | protocol | port   | address (IPv6, or IPv4 |
///   |   = 1   | (IANA)   |        | mapped: RFC 4291)      |
///   +---------+----------+--------+------------------------+
/// </code>
/// The answer is one byte: 0, and with it the bound socket (SCM_RIGHTS), or an errno.
/// </remarks>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Local">Where to bind; the port is not 0.</param>
public readonly record struct PortRequest(IpProtocol Protocol, IpEndpoint Local)
{
    public const int LengthBytes = 20;

    private const byte Version = 1;
    private const int PortOffset = 2;
    private const int AddressOffset = 4;

    /// <summary>Reads a request; false if it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out PortRequest request)
    {
        bool isRequest = bytes.Length == LengthBytes && bytes[0] == Version
            && (IpProtocol)bytes[1] is IpProtocol.Tcp or IpProtocol.Udp;
        ushort port = isRequest
            ? BinaryPrimitives.ReadUInt16BigEndian(bytes[PortOffset..]) : (ushort)0;
        request = port == 0 ? default : new PortRequest(
            (IpProtocol)bytes[1],
            new IpEndpoint(IpAddress.ReadIPv6(bytes[AddressOffset..]), port));
        return port != 0;
    }

    /// <summary>Writes the request.</summary>
    public void Write(Span<byte> destination)
    {
        destination[0] = Version;
        destination[1] = (byte)Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(destination[PortOffset..], Local.Port);
        Local.Address.WriteIPv6(destination[AddressOffset..]);
    }
}
