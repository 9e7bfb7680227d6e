using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// A script of segments: the test is the guest, sends segments and expects segments; the host is
/// simulated; the clock moves when the test says so. Each send is one turn of the engine.
/// </summary>
internal sealed class TcpScript : INeighborWaiter
{
    public const TcpFlags FinAck = TcpFlags.Fin | TcpFlags.Acknowledgment;

    public const uint GuestInitial = 1_000_000;

    public TcpScript(
        StackSettings? settings = null, RecordingPort? port = null, bool isIPv4 = true)
    {
        Guest = isIPv4 ? VirtualNetwork.GuestEndpoint : VirtualNetwork.GuestEndpoint6;
        Remote = isIPv4 ? VirtualNetwork.FarEndpoint : VirtualNetwork.FarEndpoint6;
        Settings = settings ?? VirtualNetwork.Settings;
        Port = port ?? new RecordingPort(mtuBytes: Settings.MtuBytes);
        Host = new SimHost(Clock);
        Services = new SimServices(Host);
        Server = Host.Serve(Remote);
        PacketOutput output = new(Settings, Counters);
        Ports.Add(Port);
        Neighbors = new NeighborTable(Settings, Counters, output, Ports, Timers);
        IcmpErrors errors = new(Settings, Counters, output);
        Layer = new TcpLayer(Settings, Counters, output, errors, Timers, Neighbors, Host, Host,
            Services,
            new DestinationMap(Settings));
    }

    /// <summary>Where segments come from.</summary>
    public IpEndpoint Guest { get; }

    /// <summary>Where they go to.</summary>
    public IpEndpoint Remote { get; }

    public FakeClock Clock { get; } = new();

    public StackSettings Settings { get; }

    public Counters Counters { get; } = new();

    public TimerWheel Timers { get; } = new();

    public PortSet Ports { get; } = new();

    public NeighborTable Neighbors { get; }

    public SimHost Host { get; }

    public SimServices Services { get; }

    /// <summary>
    /// What stands at <see cref="Remote"/>; accepts unless told otherwise.
    /// </summary>
    public SimServer Server { get; }

    public RecordingPort Port { get; }

    public TcpLayer Layer { get; }

    public GuestRoute Route => new(Port, VirtualNetwork.GuestMac);

    /// <summary>The guest leaves its checksums to its link, as a kernel does.</summary>
    public bool LeavesChecksums { get; set; }

    /// <summary>The next sequence number of the guest.</summary>
    public uint GuestNext { get; set; } = GuestInitial;

    /// <summary>The next sequence number that the guest expects of the engine.</summary>
    public uint EngineNext { get; set; }

    /// <summary>An ACK as the guest would send it now: the template of most segments.</summary>
    public Segment Ack => new()
    {
        Source = Guest, Destination = Remote, Sequence = GuestNext, Acknowledgment = EngineNext,
    };

    public static Segment Syn => new()
    {
        Sequence = GuestInitial, Flags = TcpFlags.Syn,
        Options = new SegmentOptions { MaximumSegmentSize = 1460 },
    };

    /// <summary>The guest's first segment; of IPv4 the same as <see cref="Syn"/>.</summary>
    public Segment Opening => Syn with { Source = Guest, Destination = Remote };

    public TcpState State => StateOf(Opening);

    public TcpState StateOf(Segment guestSegment) =>
        Layer.StateOf(new FlowKey(guestSegment.Source, guestSegment.Destination, IpProtocol.Tcp));

    /// <summary>Gives the engine a segment, without letting it end its turn.</summary>
    public void Arrive(Segment segment) => Arrive(segment, Route);

    public void Arrive(Segment segment, GuestRoute route)
    {
        byte[] frame = segment.ToFrame();
        FrameOffload offload = LeavesChecksums ? OffloadingCard.Open(frame) : default;
        byte[] packet = frame[14..];
        Layer.Receive(
            new GuestPacket
            {
                Route = route,
                Source = segment.Source.Address,
                Destination = segment.Destination.Address,
                Protocol = IpProtocol.Tcp,
                Ttl = 64,
                TypeOfService = 0,
                DontFragment = true,
                Offload = offload,
                Payload = packet.AsSpan(segment.Source.Address.IsIPv4 ? 20 : 40),
                Quote = packet,
            },
            Clock.Now);
    }

    /// <summary>Gives the engine a segment and a turn.</summary>
    public void Send(Segment segment)
    {
        Arrive(segment);
        Turn();
    }

    /// <summary>Sends payload in order, and counts it.</summary>
    public void SendText(byte[] payload)
    {
        Send(Ack with { Payload = payload });
        GuestNext += (uint)payload.Length;
    }

    /// <summary>The guest has nothing more to send.</summary>
    public void SendFin()
    {
        Send(Ack with { Flags = FinAck });
        GuestNext++;
    }

    /// <summary>Nothing is left of the connection: no flow, no socket, no timer.</summary>
    public void AssertGone(SimConnection host)
    {
        Assert.True(host.IsClosed);
        Assert.Equal(0, Layer.Count);
        Assert.Equal(0, Host.OpenSockets);
        Assert.Equal(Instant.Never, Timers.NextDeadline);
    }

    /// <summary>The engine works until it has nothing left to do at this instant.</summary>
    public void Turn()
    {
        do
        {
            Host.Dispatch(Clock.Now);
            Timers.Advance(Clock.Now);
            Layer.Flush(Clock.Now);
        }
        while (Host.NextEvent <= Clock.Now || Layer.HasPendingWork);
    }

    /// <summary>Time passes, with a turn at each deadline.</summary>
    public void Elapse(Duration by)
    {
        Instant end = Clock.Now + by;
        for (Instant next = NextDeadline; next <= end; next = NextDeadline)
        {
            // The wheel may name an instant that is early by a slot; time must not stand still.
            Clock.AdvanceTo(next > Clock.Now ? next : Clock.Now + Duration.FromMilliseconds(1));
            Turn();
        }

        Clock.AdvanceTo(end);
        Turn();
    }

    /// <summary>The next frame as a segment; null when the engine sent none.</summary>
    public Segment? Next() => Port.Take() is byte[] frame ? Segment.ParseFrame(frame) : null;

    public Segment Expect(params ReadOnlySpan<Expectation<Segment>> expectations) =>
        Next().Must(expectations);

    /// <summary>The next frame must be an ICMP error about the template's flow.</summary>
    public void ExpectIcmp(byte type, byte code) => IcmpPacket
        .ParseFrame(Port.Take() ?? throw new ExpectationException("no ICMP error came"))
        .Must(
            Testing.Expect.Icmp(type, code),
            Testing.Expect.Quotes(Guest, Remote, IpProtocol.Tcp));

    /// <summary>
    /// The engine acknowledges everything sent by <see cref="SendText"/>, and sends nothing.
    /// </summary>
    public Segment ExpectAck() => Expect(
        Testing.Expect.Flags(TcpFlags.Acknowledgment), Testing.Expect.Sequence(EngineNext),
        Testing.Expect.Acknowledges(GuestNext), Testing.Expect.NoPayload);

    public void ExpectNothing()
    {
        if (Next() is Segment segment)
        {
            throw new ExpectationException($"the engine should be silent, but: {segment}");
        }
    }

    /// <summary>The neighbour table hears of the guest, as from any ARP packet of it.</summary>
    public void LearnGuest() =>
        Neighbors.Learn(Guest.Address, VirtualNetwork.GuestMac, Port, Clock.Now);

    /// <summary>Throws away all frames that wait, ARP among them.</summary>
    public void TakeAllFrames() => Port.TakeAll();

    /// <summary>All segments that wait.</summary>
    public List<Segment> TakeAll()
    {
        List<Segment> segments = [];
        while (Next() is Segment segment)
        {
            segments.Add(segment);
        }

        return segments;
    }

    /// <summary>Opens a connection: SYN, SYN+ACK, ACK.</summary>
    public SimConnection Connect(SegmentOptions? options = null, ushort window = 65_535)
    {
        Send(Opening with { Options = options ?? Syn.Options });
        Segment answer = Expect(
            Testing.Expect.Flags(TcpFlags.Syn | TcpFlags.Acknowledgment),
            Testing.Expect.Acknowledges(GuestInitial + 1));
        GuestNext = GuestInitial + 1;
        EngineNext = answer.Sequence + 1;
        Send(Ack with { Window = window, Options = Echo(answer) });
        ExpectNothing();
        return Server.Connections[^1];
    }

    /// <summary>Timestamps that answer a segment's, if it has them.</summary>
    public SegmentOptions Echo(Segment segment, uint value = 0) =>
        segment.Options.Timestamps is (uint theirs, _)
        ? new SegmentOptions { Timestamps =
            (value == 0 ? 2_000 + (uint)Clock.Now.Nanoseconds / 1_000_000 : value, theirs) }
        : SegmentOptions.None;

    void INeighborWaiter.OnNeighborResolved(IpAddress address, in GuestRoute route, Instant now) =>
        Layer.OnNeighborResolved(address, route, now);

    void INeighborWaiter.OnNeighborFailed(IpAddress address, Instant now) =>
        Layer.OnNeighborFailed(address, now);

    private Instant NextDeadline => Instant.Min(Timers.NextDeadline, Host.NextEvent);
}
