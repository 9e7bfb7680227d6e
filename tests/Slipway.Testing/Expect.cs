using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// Expectations that compose: <c>segment.Must(Expect.Flags(...), Expect.Sequence(...))</c>. A
/// failure names everything that is wrong and shows the packet.
/// </summary>
public static class Expect
{
    /// <summary>Throws unless the packet meets all expectations; returns it otherwise.</summary>
    public static TPacket Must<TPacket>(this TPacket? packet,
        params ReadOnlySpan<Expectation<TPacket>> expectations)
        where TPacket : class
    {
        if (packet is null)
        {
            throw new ExpectationException($"no {typeof(TPacket).Name} came");
        }

        List<string> faults = [];
        foreach (Expectation<TPacket> expectation in expectations)
        {
            if (expectation(packet) is string fault)
            {
                faults.Add(fault);
            }
        }

        return faults.Count == 0
            ? packet
                : throw new ExpectationException($"{string.Join("; ", faults)}\n  in: {packet}");
    }

    /// <summary>
    /// Exactly these flags; PSH may come or not, as it changes nothing for the receiver.
    /// </summary>
    public static Expectation<Segment> Flags(TcpFlags flags) => segment =>
        Same("flags", flags & ~TcpFlags.Push, segment.Flags & ~TcpFlags.Push);

    public static Expectation<Segment> Sequence(uint number) => segment =>
        Same("sequence number", number, segment.Sequence);

    public static Expectation<Segment> Acknowledges(uint number) => segment =>
        Same("acknowledgment number", number, segment.Acknowledgment);

    /// <summary>The window field as it stands in the header.</summary>
    public static Expectation<Segment> Window(ushort window) => segment =>
        Same("window", window, segment.Window);

    public static Expectation<Segment> WindowAtLeast(int window) => segment =>
        segment.Window >= window ? null : $"window is {segment.Window}, below {window}";

    public static Expectation<Segment> NoPayload { get; } = segment =>
        Same("payload length", 0, segment.Payload.Length);

    public static Expectation<Segment> PayloadLength(int lengthBytes) => segment =>
        Same("payload length", lengthBytes, segment.Payload.Length);

    public static Expectation<Segment> Payload(byte[] payload) => segment =>
        segment.Payload.AsSpan().SequenceEqual(payload)
            ? null
            : $"payload of {segment.Payload.Length} bytes is not the {payload.Length} expected";

    /// <summary>An option, or what the options say together.</summary>
    public static Expectation<Segment> Options(Func<SegmentOptions, bool> holds, string what) =>
        segment =>
        holds(segment.Options) ? null : $"options: {what}";

    public static Expectation<Segment> Sack(params (uint Left, uint Right)[] blocks) => segment =>
        segment.Options.SackBlocks.AsSpan().SequenceEqual(blocks)
            ? null
            : $"SACK blocks are [{string.Join(' ', segment.Options.SackBlocks)}], "
                + $"not [{string.Join(' ', blocks)}]";

    /// <summary>An ICMP error of this type and code.</summary>
    public static Expectation<IcmpPacket> Icmp(byte type, byte code) => packet =>
        Same("ICMP type and code", (type, code), (packet.Type, packet.Code));

    /// <summary>The quote names this flow's addresses, protocol and ports.</summary>
    public static Expectation<IcmpPacket> Quotes(IpEndpoint source, IpEndpoint destination,
        IpProtocol protocol) =>
        packet =>
        {
            (IpAddress from, IpAddress to, IpProtocol quoted, byte[] payload) =
                ReadQuote(packet);
            if (payload.Length < 8)
            {
                return $"only {payload.Length} bytes above IP are quoted";
            }

            ushort sourcePort = (ushort)((payload[0] << 8) | payload[1]);
            ushort destinationPort = (ushort)((payload[2] << 8) | payload[3]);
            return Same(
                "quoted flow",
                (source, destination, protocol),
                (new IpEndpoint(from, sourcePort), new IpEndpoint(to, destinationPort), quoted));
        };

    private static (IpAddress From, IpAddress To, IpProtocol Protocol, byte[] Payload) ReadQuote(
        IcmpPacket error)
    {
        if (error.Source.IsIPv4)
        {
            Ipv4Packet quote = error.Quote;
            return (quote.Source, quote.Destination, quote.Protocol, quote.Payload);
        }

        Ipv6Packet quote6 = error.Quote6;
        return (quote6.Source, quote6.Destination, quote6.Protocol, quote6.Payload);
    }

    private static string? Same<T>(string what, T expected, T actual) =>
        EqualityComparer<T>.Default.Equals(expected, actual) ? null
            : $"{what} is {actual}, not {expected}";
}
