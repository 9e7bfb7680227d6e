using System.Buffers.Binary;

namespace Slipway.Wire;

/// <summary>
/// What was found between the fixed header of an IPv6 packet and its payload (RFC 8200 section 4).
/// </summary>
/// <remarks>
/// Theory of operation. Headers are walked in the order that they stand in, at most
/// <see cref="MaximumHeaders"/> of them and <see cref="MaximumOptions"/> options in all, so that a
/// packet costs a bounded time. The walk ends at the upper layer, at a fragment, or at the first
/// problem: what a fragment holds is walked when it has been put together. Options that are
/// unknown are treated as their two highest bits ask (section 4.2).
/// </remarks>
public struct Ipv6Extensions
{
    /// <summary>Each kind once, and the destination options twice (section 4.1).</summary>
    public const int MaximumHeaders = 8;

    /// <summary>Options other than padding, in all headers.</summary>
    public const int MaximumOptions = 8;

    /// <summary>Length of a fragment header, in bytes (section 4.5).</summary>
    public const int FragmentLengthBytes = 8;

    private const int UnitBytes = 8;
    private const int FragmentOffsetMask = 0xfff8;
    private const byte JumboPayloadOption = 0xc2;
    private const byte PadOne = 0;
    private const byte PadMany = 1;

    private int _options;

    /// <summary>What the payload is.</summary>
    public IpProtocol Protocol { get; private set; }

    /// <summary>Where the protocol is named, in bytes from the packet's start.</summary>
    public int ProtocolFieldBytes { get; private set; }

    /// <summary>Where the payload begins, in bytes from the packet's start.</summary>
    public int PayloadOffsetBytes { get; private set; }

    /// <summary>
    /// <see cref="Ipv6Problem.None"/>, or why the packet is not to be processed.
    /// </summary>
    public Ipv6Problem Problem { get; private set; }

    /// <summary>What the problem is with, in bytes from the packet's start.</summary>
    public int PointerBytes { get; private set; }

    /// <summary>
    /// The option of the problem asks that a multicast packet, too, be answered.
    /// </summary>
    public bool AnswersMulticast { get; private set; }

    /// <summary>
    /// Where the fragment header is, in bytes from the packet's start; 0 for a packet without.
    /// </summary>
    public int FragmentHeaderBytes { get; private set; }

    /// <summary>
    /// Part of a datagram. False for one that is whole though it has a fragment header, which is
    /// processed apart from all others (RFC 6946).
    /// </summary>
    public bool IsFragment { get; private set; }

    /// <summary>Where a fragment's piece belongs in the fragmentable part, in bytes.</summary>
    public int FragmentOffsetBytes { get; private set; }

    /// <summary>More pieces follow.</summary>
    public bool MoreFragments { get; private set; }

    /// <summary>Names the datagram whose pieces belong together.</summary>
    public uint Identification { get; private set; }

    /// <summary>Walks over the headers of a packet that is cut to its length.</summary>
    /// <returns>
    /// <see cref="ParseError.HeaderLength"/> where one passes the end, or
    /// <see cref="ParseError.Option"/> where an option passes its header's.
    /// </returns>
    internal static ParseError TryRead(
        ReadOnlySpan<byte> packet, IpProtocol first, out Ipv6Extensions extensions)
    {
        extensions = new Ipv6Extensions
        {
            Protocol = first,
            ProtocolFieldBytes = Ipv6Header.NextHeaderOffset,
            PayloadOffsetBytes = Ipv6Header.LengthBytes,
            Problem = Ipv6Problem.None,
        };
        for (int i = 0; IsExtension(extensions.Protocol); i++)
        {
            if (i == MaximumHeaders)
            {
                extensions.Fail(Ipv6Problem.Silent, extensions.PayloadOffsetBytes);
                return ParseError.None;
            }

            ReadOnlySpan<byte> rest = packet[extensions.PayloadOffsetBytes..];
            int lengthBytes = LengthOf(rest, extensions.Protocol);
            if (lengthBytes == 0 || lengthBytes > rest.Length)
            {
                return ParseError.HeaderLength;
            }

            ParseError error = extensions.TakeHeader(rest[..lengthBytes], isFirst: i == 0);
            if (error != ParseError.None || extensions.Problem != Ipv6Problem.None)
            {
                return error;
            }

            extensions.Protocol = (IpProtocol)rest[0];
            extensions.ProtocolFieldBytes = extensions.PayloadOffsetBytes;
            extensions.PayloadOffsetBytes += lengthBytes;
            if (extensions.IsFragment)
            {
                break; // headers behind it belong to the piece, and offsets count from them
            }
        }

        return ParseError.None;
    }

    /// <summary>
    /// What stands behind all headers of a packet, whatever is wrong with them: who guards others
    /// by it, or must not answer an error, may not stop where <see cref="Problem"/> does (RFC
    /// 7113).
    /// </summary>
    /// <param name="packet">At least a fixed header.</param>
    /// <param name="payload">The upper layer's bytes, as far as they are there.</param>
    /// <returns>
    /// <see cref="IpProtocol.Fragment"/> for a fragment that is not the first; another extension
    /// header where the packet ends within it.
    /// </returns>
    public static IpProtocol FindUpperLayer(
        ReadOnlySpan<byte> packet, out ReadOnlySpan<byte> payload)
    {
        IpProtocol protocol = (IpProtocol)packet[Ipv6Header.NextHeaderOffset];
        payload = packet[Ipv6Header.LengthBytes..];
        while (IsExtension(protocol))
        {
            int lengthBytes = LengthOf(payload, protocol);
            bool isEnd = lengthBytes == 0 || lengthBytes > payload.Length;
            if (isEnd || (protocol == IpProtocol.Fragment
                && (BinaryPrimitives.ReadUInt16BigEndian(payload[2..]) & FragmentOffsetMask) != 0))
            {
                break;
            }

            protocol = (IpProtocol)payload[0];
            payload = payload[lengthBytes..];
        }

        return protocol;
    }

    /// <summary>Writes a fragment header.</summary>
    /// <param name="header">At least 8 bytes.</param>
    /// <param name="nextHeader">What the fragmentable part begins with.</param>
    /// <param name="offsetBytes">A multiple of 8.</param>
    /// <param name="moreFragments">Whether it is not the last.</param>
    /// <param name="identification">Names the datagram.</param>
    public static void WriteFragment(
        Span<byte> header, IpProtocol nextHeader, int offsetBytes, bool moreFragments,
        uint identification)
    {
        header[0] = (byte)nextHeader;
        header[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(
            header[2..], (ushort)(offsetBytes | (moreFragments ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], identification);
    }

    /// <summary>True for what is followed by a next header.</summary>
    public static bool IsExtension(IpProtocol protocol) =>
        protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment
            or IpProtocol.DestinationOptions;

    // 0 where there is not so much as a length.
    private static int LengthOf(ReadOnlySpan<byte> header, IpProtocol protocol)
    {
        if (header.Length < UnitBytes)
        {
            return 0;
        }

        return protocol == IpProtocol.Fragment
            ? FragmentLengthBytes : (header[1] + 1) * UnitBytes;
    }

    private ParseError TakeHeader(ReadOnlySpan<byte> header, bool isFirst)
    {
        switch (Protocol)
        {
            case IpProtocol.HopByHop when !isFirst:
                Fail(Ipv6Problem.NextHeader, ProtocolFieldBytes);
                return ParseError.None;
            case IpProtocol.Routing:
                TakeRouting(header);
                return ParseError.None;
            case IpProtocol.Fragment:
                TakeFragment(header);
                return ParseError.None;
            default:
                return TakeOptions(header);
        }
    }

    // No routing is done here: a header with segments left is refused whatever its type, and one
    // that has none is passed over.
    private void TakeRouting(ReadOnlySpan<byte> header)
    {
        const int typeOffset = 2;
        const int segmentsLeftOffset = 3;
        if (header[segmentsLeftOffset] != 0)
        {
            Fail(Ipv6Problem.Field, PayloadOffsetBytes + typeOffset);
        }
    }

    private void TakeFragment(ReadOnlySpan<byte> header)
    {
        int field = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        if (FragmentHeaderBytes != 0)
        {
            Fail(Ipv6Problem.Silent, PayloadOffsetBytes);
            return;
        }

        if (header[0] == (byte)IpProtocol.HopByHop)
        {
            Fail(Ipv6Problem.NextHeader, PayloadOffsetBytes);
            return;
        }

        FragmentHeaderBytes = PayloadOffsetBytes;
        FragmentOffsetBytes = field & FragmentOffsetMask;
        MoreFragments = (field & 1) != 0;
        IsFragment = MoreFragments || FragmentOffsetBytes > 0;
        Identification = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
    }

    private ParseError TakeOptions(ReadOnlySpan<byte> header)
    {
        int at = 2;
        while (at < header.Length)
        {
            byte type = header[at];
            if (type == PadOne)
            {
                at++;
                continue;
            }

            if (at + 2 > header.Length || at + 2 + header[at + 1] > header.Length)
            {
                return ParseError.Option;
            }

            if (type != PadMany && !MayPass(type, PayloadOffsetBytes + at))
            {
                return ParseError.None;
            }

            at += 2 + header[at + 1];
        }

        return ParseError.None;
    }

    private bool MayPass(byte type, int at)
    {
        if (++_options > MaximumOptions)
        {
            Fail(Ipv6Problem.Silent, at);
            return false;
        }

        if (type == JumboPayloadOption)
        {
            Fail(Ipv6Problem.Field, at);
            return false;
        }

        switch (type >> 6)
        {
            case 0:
                return true;
            case 1:
                Fail(Ipv6Problem.Silent, at);
                return false;
            default:
                Fail(Ipv6Problem.Option, at);
                AnswersMulticast = type >> 6 == 2;
                return false;
        }
    }

    private void Fail(Ipv6Problem problem, int pointerBytes)
    {
        Problem = problem;
        PointerBytes = pointerBytes;
    }
}
