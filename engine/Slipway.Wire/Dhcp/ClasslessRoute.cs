namespace Slipway.Wire;

/// <summary>
/// One entry of option 121 (RFC 3442): the prefix length, the octets of the prefix that are not
/// all zero by it, and the router.
/// <code>
/// +-------+----+---------+----+----+----+----+----+
/// | width | d1 |   ...   | dN | r1 | r2 | r3 | r4 |   N = (width + 7) / 8
/// +-------+----+---------+----+----+----+----+----+
/// </code>
/// </summary>
public readonly record struct ClasslessRoute(IpPrefix Destination, IpAddress Router)
{
    /// <summary>Length of the longest entry (a host route), in bytes.</summary>
    public const int MaxLengthBytes = 9;

    public int LengthBytes => 1 + ((Destination.Length + 7) / 8) + IpAddress.IPv4LengthBytes;

    /// <summary>Writes <see cref="LengthBytes"/> bytes; IPv4 only.</summary>
    public int Write(Span<byte> destination)
    {
        Span<byte> network = stackalloc byte[IpAddress.IPv4LengthBytes];
        Destination.Network.WriteIPv4(network);
        int significant = (Destination.Length + 7) / 8;
        destination[0] = (byte)Destination.Length;
        network[..significant].CopyTo(destination[1..]);
        Router.WriteIPv4(destination[(1 + significant)..]);
        return LengthBytes;
    }

    /// <summary>Reads one entry.</summary>
    public static ParseError TryRead(ReadOnlySpan<byte> source, out ClasslessRoute route)
    {
        route = default;
        if (source.IsEmpty)
        {
            return ParseError.Truncated;
        }

        int significant = (source[0] + 7) / 8;
        if (source[0] > 32)
        {
            return ParseError.Field;
        }

        if (source.Length < 1 + significant + IpAddress.IPv4LengthBytes)
        {
            return ParseError.Truncated;
        }

        Span<byte> network = stackalloc byte[IpAddress.IPv4LengthBytes];
        network.Clear();
        source.Slice(1, significant).CopyTo(network);
        route = new ClasslessRoute(
            new IpPrefix(IpAddress.ReadIPv4(network), source[0]),
            IpAddress.ReadIPv4(source[(1 + significant)..]));
        return ParseError.None;
    }
}
