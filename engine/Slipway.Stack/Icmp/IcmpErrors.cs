using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Sends ICMP errors to guests: from the gateway about packets that end here, and from others on
/// the network whose errors the host's kernel reported.
/// </summary>
/// <remarks>
/// None is sent about an ICMP error, about a packet to a broadcast or multicast address or in a
/// broadcast frame, or about a fragment other than the first (RFC 1122 section 3.2.2; packets here
/// are whole). As much of the packet is quoted as fits 576 bytes, and a token bucket for each guest
/// bounds the rate (RFC 1812 section 4.3.2). A quote never reads beyond what arrived
/// (CVE-2026-120830).
/// </remarks>
public sealed class IcmpErrors
{
    /// <summary>
    /// Longest ICMPv4 error, its IP header included, in bytes (RFC 1812 section 4.3.2.3). ICMPv6's
    /// fit what every link carries (RFC 4443 section 2.4 c).
    /// </summary>
    public const int MaximumPacketLengthBytes = 576;

    // "Internetwork control" (RFC 1812 section 4.3.2.5).
    private const byte ErrorTypeOfService = 0xc0;
    private const int BucketLimit = 1_024;

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly PacketOutput _output;
    private readonly LruTable<int, Bucket> _buckets;

    public IcmpErrors(StackSettings settings, Counters counters, PacketOutput output)
    {
        _settings = settings;
        _counters = counters;
        _output = output;
        _buckets = new LruTable<int, Bucket>(BucketLimit, static link => (uint)link);
    }

    /// <summary>Sends an error about a packet to the guest that sent it.</summary>
    /// <param name="packet">What the error is about.</param>
    /// <param name="error">In either family: the packet's is sent.</param>
    /// <param name="now">The turn's time, for the rate.</param>
    /// <param name="detail">
    /// Next-hop MTU of "too big", in bytes; the pointer of a parameter problem; else 0.
    /// </param>
    /// <param name="from">Who says so; the gateway if null.</param>
    /// <param name="answersMulticast">
    /// One of the errors that are sent about multicast packets, too (RFC 4443 section 2.4 e.3).
    /// </param>
    /// <returns>True when it was sent.</returns>
    public bool SendAbout(
        in GuestPacket packet, IcmpError error, Instant now, int detail = 0,
        IpAddress? from = null, bool answersMulticast = false)
    {
        bool isGroup = packet.IsLinkBroadcast || !IsUnicast(packet.Destination);
        if ((isGroup && !answersMulticast) || IsIcmpError(packet)
            || packet.Source.IsUnspecified)
        {
            return false;
        }

        ReadOnlySpan<byte> quote = packet.Quote[..Math.Min(
            packet.Quote.Length, MaximumQuoteLengthBytes(packet.Route.Port, packet.Source))];
        Span<byte> message = Begin(packet.Route, packet.Source, quote.Length, now);
        if (message.IsEmpty)
        {
            return false;
        }

        quote.CopyTo(message[IcmpMessage.HeaderLengthBytes..]);
        return Finish(
            packet.Route, message, packet.Source, from ?? _settings.GatewayFor(packet.Source),
            error, detail);
    }

    /// <summary>
    /// Sends an error about a packet of a flow that is gone by now: it is quoted as the guest sent
    /// it, as far as the flow knows.
    /// </summary>
    /// <param name="route">Where the guest is.</param>
    /// <param name="key">The flow; the quoted packet went from guest to remote.</param>
    /// <param name="from">Who says so.</param>
    /// <param name="error">In either family: the guest's is sent.</param>
    /// <param name="mtuBytes">Next-hop MTU of "too big", else 0.</param>
    /// <param name="transportStart">The start of the packet's payload, at least 8 bytes.</param>
    /// <param name="now">The turn's time, for the rate.</param>
    /// <param name="payloadLengthBytes">
    /// Length of the packet's payload, where it was longer.
    /// </param>
    /// <returns>True when it was sent.</returns>
    public bool SendForFlow(
        in GuestRoute route, in FlowKey key, IpAddress from, IcmpError error, int mtuBytes,
        ReadOnlySpan<byte> transportStart, Instant now, int payloadLengthBytes = 0)
    {
        int headerBytes = PacketOutput.IpHeaderLengthBytes(key.Guest.Address);
        int mostBytes = MaximumQuoteLengthBytes(route.Port, key.Guest.Address) - headerBytes;
        transportStart = transportStart[..Math.Min(transportStart.Length, mostBytes)];
        int quoteLengthBytes = headerBytes + transportStart.Length;
        Span<byte> message = Begin(route, key.Guest.Address, quoteLengthBytes, now);
        if (message.IsEmpty)
        {
            return false;
        }

        Span<byte> quote = message[IcmpMessage.HeaderLengthBytes..];
        WriteHeader(quote, key, Math.Max(payloadLengthBytes, transportStart.Length));
        transportStart.CopyTo(quote[headerBytes..]);
        return Finish(route, message, key.Guest.Address, from, error, mtuBytes);
    }

    // The header of a packet that the guest has sent.
    private static void WriteHeader(Span<byte> packet, in FlowKey key, int payloadLengthBytes)
    {
        if (!key.Guest.Address.IsIPv4)
        {
            Ipv6Header.Write(
                packet, payloadLengthBytes, trafficClass: 0, flowLabel: 0, key.Protocol,
                hopLimit: 1, key.Guest.Address, key.Remote.Address);
            return;
        }

        Ipv4Header.Write(
            packet, Ipv4Header.MinimumLengthBytes + payloadLengthBytes, typeOfService: 0,
            identification: 0, dontFragment: true, moreFragments: false, fragmentOffsetBytes: 0,
            ttl: 1, key.Protocol, key.Guest.Address, key.Remote.Address);
    }

    private static int MaximumQuoteLengthBytes(IGuestPort port, IpAddress guest) =>
        Math.Min(
            guest.IsIPv4 ? MaximumPacketLengthBytes : Ipv6Header.MinimumMtuBytes,
            port.MaxFrameLengthBytes - EthernetHeader.LengthBytes)
        - PacketOutput.IpHeaderLengthBytes(guest) - IcmpMessage.HeaderLengthBytes;

    // RFC 4443 section 2.4 e.1 and e.2: nor about a redirect. Either may stand behind headers that
    // are what is wrong.
    private static bool IsIcmpv6Error(in GuestPacket packet)
    {
        IpProtocol protocol =
            Ipv6Extensions.FindUpperLayer(packet.Quote, out ReadOnlySpan<byte> message);
        return protocol == IpProtocol.IcmpV6
            && (message.IsEmpty || message[0] < Icmpv6Type.FirstInformational
                || message[0] == Icmpv6Type.Redirect);
    }

    private static bool IsIcmpv4Error(in GuestPacket packet) =>
        packet.Protocol == IpProtocol.Icmp
        && (packet.Payload.IsEmpty
            || packet.Payload[0] is IcmpType.DestinationUnreachable or IcmpType.SourceQuench
                or IcmpType.Redirect or IcmpType.TimeExceeded or IcmpType.ParameterProblem);

    private static bool IsIcmpError(in GuestPacket packet) =>
        packet.Source.IsIPv4 ? IsIcmpv4Error(packet) : IsIcmpv6Error(packet);

    private bool IsUnicast(IpAddress destination) =>
        !destination.IsMulticast && !destination.IsUnspecified
        && !_settings.IsBroadcast(destination);

    private Span<byte> Begin(
        in GuestRoute route, IpAddress guest, int quoteLengthBytes, Instant now)
    {
        // A guest has as many addresses as it likes, but one link.
        if (!TakeToken(route.Port.Id, now))
        {
            _counters.Drop(DropReason.IcmpRate);
            return default;
        }

        Span<byte> message = PacketOutput.Reserve(
            route.Port, guest, IcmpMessage.HeaderLengthBytes + quoteLengthBytes);
        if (message.IsEmpty)
        {
            _counters.Drop(DropReason.LinkFull);
        }

        return message;
    }

    private bool Finish(
        in GuestRoute route, Span<byte> message, IpAddress guest, IpAddress from,
        IcmpError error, int detail)
    {
        error = error.For(guest);
        detail = detail == 0 && error.IsUnknownNextHeader ? Ipv6Header.NextHeaderOffset : detail;
        ulong pseudo = IcmpMessage.PseudoHeader(from, guest, message.Length);
        uint rest = (uint)(guest.IsIPv4 ? Math.Clamp(detail, 0, ushort.MaxValue) : detail);
        IcmpMessage.Write(message, error.Type, error.Code, rest, pseudo);
        return _output.Commit(
            route, from, guest, guest.IsIPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6,
            message.Length, typeOfService: ErrorTypeOfService, dontFragment: false);
    }

    // A bucket holds what a second gives, in nanoseconds of waiting.
    private bool TakeToken(int link, Instant now)
    {
        long fullNanoseconds = Duration.FromSeconds(1).Nanoseconds;
        long tokenNanoseconds = fullNanoseconds / Math.Max(_settings.Limits.IcmpErrorsPerSecond, 1);
        int index = _buckets.Find(link);
        if (index < 0)
        {
            if (_buckets.IsFull)
            {
                _buckets.RemoveAt(_buckets.Oldest);
            }

            _buckets.Add(link, new Bucket(fullNanoseconds - tokenNanoseconds, now));
            return true;
        }

        _buckets.Touch(index);
        ref Bucket bucket = ref _buckets.ValueAt(index);
        long credit = Math.Min(bucket.Nanoseconds + (now - bucket.At).Nanoseconds, fullNanoseconds);
        bool taken = credit >= tokenNanoseconds;
        bucket = new Bucket(taken ? credit - tokenNanoseconds : credit, now);
        return taken;
    }

    private readonly record struct Bucket(long Nanoseconds, Instant At);
}
