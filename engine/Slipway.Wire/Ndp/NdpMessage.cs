namespace Slipway.Wire;

/// <summary>
/// What the messages of neighbor discovery have in common: the ICMPv6 header, a fixed part whose
/// length the type decides, and options.
/// </summary>
internal static class NdpMessage
{
    public const int TypeOffset = 0;
    public const int CodeOffset = 1;

    /// <summary>Of the target in a message about a neighbor.</summary>
    public const int TargetOffset = 8;

    /// <summary>Length of such a message without options, in bytes.</summary>
    public const int NeighborLengthBytes = 24;

    /// <summary>
    /// Verifies type, code, length and every option, and picks out a link-layer address.
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Truncated"/>, <see cref="ParseError.Field"/> or
    /// <see cref="ParseError.Option"/>, in the order of this list.
    /// </returns>
    public static ParseError TryParse(
        ReadOnlySpan<byte> message, byte type, int fixedLengthBytes, NdpOption linkLayerOption,
        out MacAddress? linkLayer)
    {
        linkLayer = null;
        if (message.Length < fixedLengthBytes)
        {
            return ParseError.Truncated;
        }

        if (message[TypeOffset] != type || message[CodeOffset] != 0)
        {
            return ParseError.Field;
        }

        return NdpOptionReader.TryScan(message[fixedLengthBytes..], linkLayerOption, out linkLayer);
    }

    /// <summary>
    /// The same of a message about a neighbor, whose target must be an address that one can have:
    /// no group (RFC 4861 sections 7.1.1 and 7.1.2), not ::, and not IPv4 in its mapped form, which
    /// would pass for IPv4 from then on.
    /// </summary>
    public static ParseError TryParseNeighbor(
        ReadOnlySpan<byte> message, byte type, NdpOption linkLayerOption, out MacAddress? linkLayer)
    {
        ParseError error =
            TryParse(message, type, NeighborLengthBytes, linkLayerOption, out linkLayer);
        if (error != ParseError.None)
        {
            return error;
        }

        IpAddress target = IpAddress.ReadIPv6(message[TargetOffset..]);
        return target.IsMulticast || target.IsUnspecified || target.IsIPv4
            ? ParseError.Field : ParseError.None;
    }

    /// <summary>Writes the type, and zero into all else of the fixed part.</summary>
    /// <returns>What the options are written by.</returns>
    public static NdpOptionWriter Write(Span<byte> message, byte type, int fixedLengthBytes)
    {
        message[..fixedLengthBytes].Clear();
        message[TypeOffset] = type;
        return new NdpOptionWriter(message, fixedLengthBytes);
    }

    /// <summary>Writes a message about a neighbor, without flags.</summary>
    /// <returns>Bytes written: 24, or 32 with a link-layer address.</returns>
    public static int WriteNeighbor(
        Span<byte> message, byte type, IpAddress target, NdpOption linkLayerOption,
        MacAddress? linkLayer)
    {
        NdpOptionWriter options = Write(message, type, NeighborLengthBytes);
        target.WriteIPv6(message[TargetOffset..]);
        options.AddLinkLayer(linkLayerOption, linkLayer);
        return options.LengthBytes;
    }
}
