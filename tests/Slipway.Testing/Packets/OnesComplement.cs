using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// The internet checksum (RFC 1071), two bytes at a time: slow, obvious, and not the engine's, so
/// that a fault in the engine's own shows.
/// </summary>
public static class OnesComplement
{
    /// <summary>The folded sum; 0xffff over bytes that hold their right checksum.</summary>
    public static ushort Sum(ReadOnlySpan<byte> bytes, uint initial = 0)
    {
        ulong sum = initial;
        for (; bytes.Length > 1; bytes = bytes[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        sum += bytes.Length == 1 ? (uint)bytes[0] << 8 : 0;
        while (sum > 0xffff)
        {
            sum = (sum >> 16) + (sum & 0xffff);
        }

        return (ushort)sum;
    }

    /// <summary>The checksum to store.</summary>
    public static ushort Checksum(ReadOnlySpan<byte> bytes, uint initial = 0) =>
        (ushort)~Sum(bytes, initial);

    /// <summary>
    /// The sum of the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1).
    /// </summary>
    public static uint PseudoHeader(IpAddress source, IpAddress destination, IpProtocol protocol,
        int lengthBytes)
    {
        if (!source.IsIPv4)
        {
            return PseudoHeader6(source, destination, protocol, lengthBytes);
        }

        Span<byte> header = stackalloc byte[12];
        source.WriteIPv4(header);
        destination.WriteIPv4(header[4..]);
        header[8] = 0;
        header[9] = (byte)protocol;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)lengthBytes);
        return Sum(header);
    }

    private static uint PseudoHeader6(IpAddress source, IpAddress destination, IpProtocol protocol,
        int lengthBytes)
    {
        Span<byte> header = stackalloc byte[40];
        source.WriteIPv6(header);
        destination.WriteIPv6(header[16..]);
        BinaryPrimitives.WriteUInt32BigEndian(header[32..], (uint)lengthBytes);
        BinaryPrimitives.WriteUInt32BigEndian(header[36..], (uint)protocol);
        return Sum(header);
    }
}
