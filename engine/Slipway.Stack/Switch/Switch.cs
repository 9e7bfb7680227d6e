using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Joins the guests and the gateway as a learning switch does (IEEE 802.1D section 7).
/// </summary>
/// <remarks>
/// Theory of operation. The source of each frame tells at which port its MAC is. A MAC moves to
/// another port when its former one has closed or answers no more (<see cref="Tenure"/>). A
/// frame to a known MAC goes to its port alone, one to an unknown or group address to all ports but
/// its own, and one to the gateway's MAC or to a group address up to ARP and IP.
/// The table is bounded (the idlest of the guest makes room) and an entry dies after 300 s. The
/// gateway's own MAC and addresses are not for guests: a frame that claims them is dropped, also
/// between guests; so is what only a router or a DHCP server has to say, and what comes from an
/// address that is another guest's. Guests of different groups (<see cref="GuestGroup"/>) are on
/// switches of their own that share the gateway, and the names that its addresses are.
/// VLAN tags are not spoken.
/// </remarks>
public sealed class Switch : IFrameReceiver
{
    /// <summary>How long a silent MAC is remembered (IEEE 802.1D table 7-5).</summary>
    public static readonly Duration Lifetime = Duration.FromSeconds(300);

    private const EtherType ServiceVlan = (EtherType)0x88a8;

    // Being heard is noted once in so long, to keep the packet path short.
    private static readonly Duration HeardGranularity = Duration.FromMilliseconds(500);

    private readonly StackSettings _settings;
    private readonly Counters _counters;
    private readonly PacketOutput _output;
    private readonly PortSet _ports;
    private readonly ArpLayer _arp;
    private readonly NeighborDiscovery _discovery;
    private readonly FlowStack _flows;
    private readonly LruTable<MacAddress, Station> _stations;

    // The station of the last frame: a burst comes from one guest.
    private MacAddress _lastMac;
    private Station _last;

    internal Switch(
        StackSettings settings, Counters counters, PacketOutput output, PortSet ports,
        ArpLayer arp, NeighborDiscovery discovery, FlowStack flows)
    {
        _settings = settings;
        _counters = counters;
        _output = output;
        _ports = ports;
        _arp = arp;
        _discovery = discovery;
        _flows = flows;
        _stations = new LruTable<MacAddress, Station>(
            new GuestQueue<int>(
                counters.Guests, settings.Limits, "switchAddresses",
                settings.Limits.SwitchAddresses),
            new KeyHash(settings.Seed).Of);
    }

    /// <summary>Tells the group of a port that opens; null where all are of one.</summary>
    internal Func<IGuestPort, int>? GroupOf { get; set; }

    /// <summary>MAC addresses that are remembered.</summary>
    public int StationCount => _stations.Count;

    /// <summary>The way to a MAC, if it was heard lately.</summary>
    public GuestRoute? Find(MacAddress mac, Instant now)
    {
        int index = _stations.Find(mac);
        return index >= 0 && _stations.ValueAt(index) is var station
            && now - station.Heard < Lifetime
            ? new GuestRoute(station.Port, mac) : null;
    }

    /// <summary>
    /// Adds what is remembered to a list, the longest silent first, those that are silent for
    /// longer than <see cref="Lifetime"/> included.
    /// </summary>
    public void ListTo(List<StationEntry> list)
    {
        for (int i = _stations.Oldest; i >= 0; i = _stations.Newer(i))
        {
            list.Add(new StationEntry(_stations.KeyAt(i), _stations.ValueAt(i).Port.Id));
        }
    }

    public void OnPortOpened(IGuestPort port, Instant now)
    {
        int group = GroupOf?.Invoke(port) ?? GuestGroup.Common;
        _ports.Add(port, group);
        _settings.Published.OnPortOpened(port.Id, group);
        _arp.Announce(port);
        _discovery.Router.OnPortOpened(port, now);
    }

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now)
    {
        if (_output.Capture is not IFrameCapture capture)
        {
            Take(port, frame, offload, now);
            return;
        }

        capture.Begin(port, frame);
        Take(port, frame, offload, now);
        capture.End();
    }

    /// <summary>
    /// Another worker has heard a MAC. False when it is another guest's, on another port.
    /// </summary>
    public bool Hear(IGuestPort port, MacAddress mac, Instant now) => Learn(mac, port, now);

    public void OnPortWritable(IGuestPort port, Instant now)
    {
        // Nothing waits here: what a full link cannot take is dropped, and TCP is told by itself.
    }

    public void OnPortClosed(IGuestPort port, Instant now)
    {
        _ports.Remove(port);
        _settings.Published.OnPortClosed(port.Id);
        _last = default;
        _lastMac = default;
        _stations.RemoveWhere(station => station.Port == port);
    }

    private void Take(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now)
    {
        _counters.FramesReceived++;
        _counters.BytesReceived += frame.Length;
        int largest = offload.IsSegmented
            ? IGuestPort.LargestSegmentedBytes : port.MaxFrameLengthBytes;
        if (frame.Length > largest)
        {
            _counters.Drop(DropReason.FrameTooLong);
            return;
        }

        ParseError error = EthernetHeader.TryParse(frame, out EthernetHeader header);
        if (error != ParseError.None)
        {
            _counters.Malformed(error);
            return;
        }

        MacAddress source = header.Source;
        if (source.IsMulticast || source.IsZero || source == _settings.GatewayMac)
        {
            _counters.Drop(DropReason.SpoofedMac);
            return;
        }

        if (header.EtherType is EtherType.Vlan or ServiceVlan)
        {
            _counters.Drop(DropReason.EtherType);
            return;
        }

        // The MAC is judged first: what it says of addresses is believed by it.
        if (!Learn(source, port, now))
        {
            _counters.Drop(DropReason.SpoofedMac);
            return;
        }

        if (IsHonest(port, header, now))
        {
            Deliver(port, frame, offload, header, now);
        }
    }

    // Whether the frame's sender does not pass itself off as the gateway.
    private bool IsHonest(IGuestPort port, in EthernetHeader header, Instant now)
    {
        switch (header.EtherType)
        {
            case EtherType.Arp:
                return _arp.Inspect(port, header, now);
            case EtherType.IPv6 when header.Destination != _settings.GatewayMac:
                return _discovery.Inspect(port, header, now);

            // A frame to another guest is not parsed any further than this.
            case EtherType.IPv4 when header.Destination != _settings.GatewayMac
                && Ipv4Header.TryParse(header.Payload, out Ipv4Header packet) == ParseError.None:
                return IsHonest(port, header.Source, packet, now);
            default:
                return true;
        }
    }

    private bool IsHonest(
        IGuestPort port, MacAddress sender, in Ipv4Header packet, Instant now)
    {
        if (_settings.IsVirtual(packet.Source))
        {
            return _counters.Refuse(DropReason.SpoofedAddress);
        }

        if (!Ipv4Guard.IsHarmless(packet, out DropReason reason))
        {
            return _counters.Refuse(reason);
        }

        return !_settings.IsGuest(packet.Source) || _arp.IsOwn(port, sender, packet.Source, now);
    }

    private void Deliver(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload,
        in EthernetHeader header, Instant now)
    {
        MacAddress destination = header.Destination;
        bool isGroup = destination.IsMulticast;
        if (offload.IsChecksumOpen && destination != _settings.GatewayMac
            && !OffloadCheck.Fits(offload, header))
        {
            _counters.Malformed(ParseError.Field);
            return;
        }

        if (!isGroup && destination != _settings.GatewayMac)
        {
            ForwardUnicast(port, frame, offload, destination, now);
            return;
        }

        if (isGroup)
        {
            Flood(port, frame, offload);
        }

        if (header.EtherType == EtherType.Arp)
        {
            _arp.Receive(port, header, now);
        }
        else if (!_flows.TryReceive(port, header, offload, now))
        {
            _counters.Drop(DropReason.EtherType);
        }
    }

    private void ForwardUnicast(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, MacAddress destination,
        Instant now)
    {
        int index = _stations.Find(destination);
        if (index < 0 || now - _stations.ValueAt(index).Heard >= Lifetime)
        {
            Flood(port, frame, offload);
            return;
        }

        ref readonly Station station = ref _stations.ValueAt(index);
        if (station.Port != port && GuestGroup.Meet(_last.Group, station.Group))
        {
            _output.Forward(station.Port, frame, offload);
        }
    }

    // The frame's sender has been learned just now.
    private void Flood(IGuestPort source, ReadOnlySpan<byte> frame, in FrameOffload offload)
    {
        for (int i = 0; i < _ports.Count; i++)
        {
            if (_ports[i] != source && GuestGroup.Meet(_last.Group, _ports.GroupOf(i)))
            {
                _output.Forward(_ports[i], frame, offload);
            }
        }
    }

    // False when the MAC is another guest's, on another port.
    private bool Learn(MacAddress mac, IGuestPort port, Instant now)
    {
        if (mac == _lastMac && _last.Port == port && now - _last.Heard < HeardGranularity)
        {
            return true;
        }

        int index = _stations.Find(mac);
        if (index >= 0 && _stations.ValueAt(index).Port != port
            && !MayMove(ref _stations.ValueAt(index), mac, now))
        {
            return false;
        }

        _lastMac = mac;
        _last = new Station(port, _ports.GroupOf(port), now, default);
        if (index >= 0)
        {
            _stations.ValueAt(index) = _last;
            _stations.Touch(index, port.Id);
            return true;
        }

        _stations.MakeRoomFor(port.Id);
        _stations.Add(mac, _last, port.Id);
        return true;
    }

    private bool MayMove(ref Station station, MacAddress mac, Instant now)
    {
        Instant asked = station.Asked;
        Tenure.Verdict verdict = Tenure.Judge(station.Heard, ref asked, now);
        if (verdict == Tenure.Verdict.Ask)
        {
            station = station with { Asked = asked };
            _arp.Ask(new GuestRoute(station.Port, mac));
        }

        return verdict == Tenure.Verdict.Yield;
    }

    private readonly record struct Station(
        IGuestPort Port, int Group, Instant Heard, Instant Asked);
}
