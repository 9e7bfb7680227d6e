using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>A datagram some of whose fragments have come.</summary>
internal sealed class PartialDatagram
{
    private const int UnitBytes = 8;
    private const int MaximumPayloadBytes = Ipv6Header.MaximumPayloadLengthBytes;
    private const int HeaderRoomBytes = Ipv6Header.LengthBytes;

    // Room for a header stands before the payload, so that both can be quoted in one piece.
    private const int BufferLengthBytes = HeaderRoomBytes + MaximumPayloadBytes;

    /// <summary>What a datagram counts for in the bound of memory, in bytes.</summary>
    public const int CountedBytes = 64 << 10;

    private const int UnitCount = (MaximumPayloadBytes + UnitBytes - 1) / UnitBytes;
    private const int UnknownLength = -1;

    private readonly byte[] _buffer = new byte[BufferLengthBytes];

    // Eight-byte units that have come, and those that begin and that end a fragment.
    private readonly BitSet _received = new(UnitCount);
    private readonly BitSet _begins = new(UnitCount);
    private readonly BitSet _ends = new(UnitCount);

    private int _receivedBytes;

    // The payload's length, from the last fragment; and how far the fragments reach.
    private int _lengthBytes;
    private int _reachBytes;

    // Of fragment zero.
    private int _firstLengthBytes;
    private byte _ttl;
    private byte _typeOfService;
    private IpAddress _source;
    private IpAddress _destination;
    private IpProtocol _protocol;
    private uint _flowLabel;
    private uint _identification;

    public GuestRoute Route { get; private set; }

    public Instant Deadline { get; private set; }

    public bool HasFirst => _firstLengthBytes > 0;

    private Span<byte> Payload => _buffer.AsSpan(HeaderRoomBytes);

    public void Begin(in GuestRoute route, Instant deadline)
    {
        // Bits beyond the former datagram's reach are clear already.
        int units = (_reachBytes + UnitBytes - 1) / UnitBytes;
        _received.ClearFirst(units);
        _begins.ClearFirst(units);
        _ends.ClearFirst(units);
        _receivedBytes = 0;
        _lengthBytes = UnknownLength;
        _reachBytes = 0;
        _firstLengthBytes = 0;
        Route = route;
        Deadline = deadline;
    }

    public FragmentOutcome Add(in GuestPacket fragment, in FragmentPlace place)
    {
        ReadOnlySpan<byte> payload = fragment.Payload;
        int start = place.OffsetBytes;
        int end = start + payload.Length;
        bool isLast = place.IsLast;
        if (payload.IsEmpty || end > place.LimitBytes
            || (!isLast && payload.Length % UnitBytes != 0)
            || (_lengthBytes != UnknownLength
                && (isLast ? end != _lengthBytes : end > _lengthBytes))
            || (isLast && end < _reachBytes))
        {
            return FragmentOutcome.Lie;
        }

        int first = start / UnitBytes;
        int last = (end - 1) / UnitBytes;
        if (_received.AnyIn(first, last))
        {
            return IsDuplicate(first, last) ? FragmentOutcome.Incomplete : FragmentOutcome.Lie;
        }

        _received.SetRange(first, last);
        _begins.SetRange(first, first);
        _ends.SetRange(last, last);
        payload.CopyTo(Payload[start..]);
        _receivedBytes += payload.Length;
        _reachBytes = Math.Max(_reachBytes, end);
        if (isLast)
        {
            _lengthBytes = end;
        }

        if (start == 0)
        {
            KeepFirst(fragment, place.Identification);
        }

        return _receivedBytes == _lengthBytes
            ? FragmentOutcome.Complete : FragmentOutcome.Incomplete;
    }

    /// <summary>The datagram when it is complete, with a header as if it had come whole.</summary>
    public GuestPacket ToWhole(in GuestPacket last) =>
        ToPacket(last.Route, _lengthBytes, moreFragments: false, last.IsLinkBroadcast);

    /// <summary>Fragment zero, to be quoted.</summary>
    public GuestPacket ToFirst() =>
        ToPacket(Route, _firstLengthBytes, moreFragments: true, isLinkBroadcast: false);

    private GuestPacket ToPacket(
        GuestRoute route, int payloadLengthBytes, bool moreFragments, bool isLinkBroadcast)
    {
        int headerBytes = PacketOutput.IpHeaderLengthBytes(_source);
        int start = HeaderRoomBytes - headerBytes;
        if (_source.IsIPv4)
        {
            Ipv4Header.Write(
                _buffer.AsSpan(start), headerBytes + payloadLengthBytes, _typeOfService,
                (ushort)_identification, dontFragment: false, moreFragments,
                fragmentOffsetBytes: 0, _ttl, _protocol, _source, _destination);
        }
        else
        {
            Ipv6Header.Write(
                _buffer, payloadLengthBytes, _typeOfService, _flowLabel, _protocol, _ttl, _source,
                _destination);
        }

        return new GuestPacket
        {
            Route = route,
            Source = _source,
            Destination = _destination,
            Protocol = _protocol,
            Ttl = _ttl,
            TypeOfService = _typeOfService,
            DontFragment = false,
            FlowLabel = _flowLabel,
            IsLinkBroadcast = isLinkBroadcast,
            Payload = Payload[..payloadLengthBytes],
            Quote = _buffer.AsSpan(start, headerBytes + payloadLengthBytes),
        };
    }

    private bool IsDuplicate(int first, int last) =>
        _received.AllIn(first, last) && _begins.AllIn(first, first) && _ends.AllIn(last, last)
        && (first == last || !_begins.AnyIn(first + 1, last));

    private void KeepFirst(in GuestPacket fragment, uint identification)
    {
        _firstLengthBytes = fragment.Payload.Length;
        _ttl = fragment.Ttl;
        _typeOfService = fragment.TypeOfService;
        _flowLabel = fragment.FlowLabel;
        _source = fragment.Source;
        _destination = fragment.Destination;
        _protocol = fragment.Protocol;
        _identification = identification;
    }
}
