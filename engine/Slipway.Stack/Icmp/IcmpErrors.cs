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
    /// Longest ICMP error, its IP header included, in bytes (RFC 1812 section 4.3.2.3).
    /// </summary>
    public const int MaximumPacketLengthBytes = 576;

    // "Internetwork control" (RFC 1812 section 4.3.2.5).
    private const byte ErrorTypeOfService = 0xc0;
    private const int MaximumQuoteLengthBytes =
        MaximumPacketLengthBytes - Ipv4Header.MinimumLengthBytes - IcmpMessage.HeaderLengthBytes;
    private const int BucketLimit = 1_024;

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly PacketOutput _output;
    private readonly LruTable<IpAddress, Bucket> _buckets;

    public IcmpErrors(StackSettings settings, Counters counters, PacketOutput output)
    {
        _settings = settings;
        _counters = counters;
        _output = output;
        _buckets = new LruTable<IpAddress, Bucket>(BucketLimit, new KeyHash(settings.Seed).Of);
    }

    /// <summary>Sends an error about a packet to the guest that sent it.</summary>
    /// <param name="packet">What the error is about.</param>
    /// <param name="type">See <see cref="IcmpType"/>.</param>
    /// <param name="code">See <see cref="IcmpCode"/>.</param>
    /// <param name="now">The turn's time, for the rate.</param>
    /// <param name="mtuBytes">Next-hop MTU of "fragmentation needed", else 0.</param>
    /// <param name="from">Who says so; the gateway if null.</param>
    /// <returns>True when it was sent.</returns>
    public bool SendAbout(
        in GuestPacket packet, byte type, byte code, Instant now, int mtuBytes = 0,
        IpAddress? from = null)
    {
        if (packet.IsLinkBroadcast || !IsUnicast(packet.Destination) || IsIcmpError(packet))
        {
            return false;
        }

        ReadOnlySpan<byte> quote =
            packet.Quote[..Math.Min(packet.Quote.Length, MaximumQuoteLengthBytes)];
        Span<byte> message = Begin(packet.Route, packet.Source, quote.Length, now);
        if (message.IsEmpty)
        {
            return false;
        }

        quote.CopyTo(message[IcmpMessage.HeaderLengthBytes..]);
        return Finish(
            packet.Route, message, packet.Source, from ?? _settings.Gateway, type, code, mtuBytes);
    }

    /// <summary>
    /// Sends an error about a packet of a flow that is gone by now: it is quoted as the guest sent
    /// it, as far as the flow knows.
    /// </summary>
    /// <param name="route">Where the guest is.</param>
    /// <param name="key">The flow; the quoted packet went from guest to remote.</param>
    /// <param name="from">Who says so.</param>
    /// <param name="type">See <see cref="IcmpType"/>.</param>
    /// <param name="code">See <see cref="IcmpCode"/>.</param>
    /// <param name="mtuBytes">Next-hop MTU of "fragmentation needed", else 0.</param>
    /// <param name="transportStart">The start of the packet's payload, at least 8 bytes.</param>
    /// <param name="now">The turn's time, for the rate.</param>
    /// <param name="payloadLengthBytes">
    /// Length of the packet's payload, where it was longer.
    /// </param>
    /// <returns>True when it was sent.</returns>
    public bool SendForFlow(
        in GuestRoute route, in FlowKey key, IpAddress from, byte type, byte code, int mtuBytes,
        ReadOnlySpan<byte> transportStart, Instant now, int payloadLengthBytes = 0)
    {
        transportStart = transportStart[..Math.Min(
            transportStart.Length, MaximumQuoteLengthBytes - Ipv4Header.MinimumLengthBytes)];
        int quoteLengthBytes = Ipv4Header.MinimumLengthBytes + transportStart.Length;
        Span<byte> message = Begin(route, key.Guest.Address, quoteLengthBytes, now);
        if (message.IsEmpty)
        {
            return false;
        }

        Span<byte> quote = message[IcmpMessage.HeaderLengthBytes..];
        Ipv4Header.Write(
            quote,
            Ipv4Header.MinimumLengthBytes + Math.Max(payloadLengthBytes, transportStart.Length),
            typeOfService: 0, identification: 0, dontFragment: true, moreFragments: false,
            fragmentOffsetBytes: 0, ttl: 1, key.Protocol, key.Guest.Address, key.Remote.Address);
        transportStart.CopyTo(quote[Ipv4Header.MinimumLengthBytes..]);
        return Finish(route, message, key.Guest.Address, from, type, code, mtuBytes);
    }

    private static bool IsIcmpError(in GuestPacket packet) =>
        packet.Protocol == IpProtocol.Icmp
        && (packet.Payload.IsEmpty || packet.Payload[0] is IcmpType.DestinationUnreachable
            or IcmpType.SourceQuench or IcmpType.Redirect or IcmpType.TimeExceeded
            or IcmpType.ParameterProblem);

    private bool IsUnicast(IpAddress destination) =>
        !destination.IsMulticast && !destination.IsUnspecified
        && destination != IpAddress.IPv4Broadcast && destination != _settings.Subnet.Last;

    private Span<byte> Begin(
        in GuestRoute route, IpAddress guest, int quoteLengthBytes, Instant now)
    {
        if (!TakeToken(guest, now))
        {
            _counters.Drop(DropReason.IcmpRate);
            return default;
        }

        Span<byte> message = PacketOutput.Reserve(
            route.Port, IcmpMessage.HeaderLengthBytes + quoteLengthBytes);
        if (message.IsEmpty)
        {
            _counters.Drop(DropReason.LinkFull);
        }

        return message;
    }

    private bool Finish(
        in GuestRoute route, Span<byte> message, IpAddress guest, IpAddress from,
        byte type, byte code, int mtuBytes)
    {
        IcmpMessage.Write(message, type, code, (uint)Math.Clamp(mtuBytes, 0, ushort.MaxValue));
        return _output.Commit(
            route, from, guest, IpProtocol.Icmp, message.Length,
            typeOfService: ErrorTypeOfService, dontFragment: false);
    }

    // A bucket holds what a second gives, in nanoseconds of waiting.
    private bool TakeToken(IpAddress guest, Instant now)
    {
        long fullNanoseconds = Duration.FromSeconds(1).Nanoseconds;
        long tokenNanoseconds = fullNanoseconds / Math.Max(_settings.Limits.IcmpErrorsPerSecond, 1);
        int index = _buckets.Find(guest);
        if (index < 0)
        {
            if (_buckets.IsFull)
            {
                _buckets.RemoveAt(_buckets.Oldest);
            }

            _buckets.Add(guest, new Bucket(fullNanoseconds - tokenNanoseconds, now));
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
