using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests;

/// <summary>
/// The whole stack between a guest's port and a simulated host: the test sends frames, takes
/// frames, and moves the clock. Each frame is one turn.
/// </summary>
internal sealed class StackBench
{
    public static readonly MacAddress OtherMac = new(0x0200_0000_0003);
    public static readonly IpAddress OtherGuest = IpAddress.Parse("192.168.127.3");
    public static readonly IpAddress OtherGuest6 = IpAddress.Parse("fd5a:94ef:e40c::3");

    private const int MaximumRounds = 10_000;

    public StackBench(StackSettings? settings = null)
    {
        Settings = settings ?? VirtualNetwork.Settings;
        Host = new SimHost(Clock);
        Services = new SimServices(Host);
        Stack = new GuestStack(Settings, Counters, Host, Host, Services);
        Port = Open(1);
    }

    public FakeClock Clock { get; } = new();

    public Counters Counters { get; } = new();

    public StackSettings Settings { get; }

    public SimHost Host { get; }

    public SimServices Services { get; }

    public GuestStack Stack { get; }

    /// <summary>The first guest's port; its announcements are taken already.</summary>
    public RecordingPort Port { get; }

    /// <summary>Another guest comes, on a port of its own.</summary>
    public RecordingPort Open(int id)
    {
        RecordingPort port = new(id, Settings.MtuBytes);
        Stack.OnPortOpened(port, Clock.Now);
        port.TakeAll();
        return port;
    }

    public void Send(byte[] frame, RecordingPort? port = null)
    {
        Stack.OnFrame(port ?? Port, frame, Clock.Now);
        Turn();
    }

    public void Send(Ipv4Packet packet) => Send(packet.ToFrame());

    public void Send(Ipv6Packet packet) => Send(packet.ToFrame());

    /// <summary>A frame of the other guest on its own port.</summary>
    public void SendAsOther(Ipv4Packet packet, RecordingPort port) => Send(
        new EthernetFrame
        {
            Source = OtherMac, Payload = (packet with { Source = OtherGuest }).ToBytes(),
        }.ToBytes(),
        port);

    /// <summary>The guest makes itself known, as it does before all else.</summary>
    public void Introduce(
        RecordingPort? port = null, MacAddress? mac = null, IpAddress? address = null)
    {
        Send(
            new ArpFrame
            {
                SenderMac = mac ?? VirtualNetwork.GuestMac,
                Sender = address ?? VirtualNetwork.Guest,
            }.ToFrame(),
            port);
        (port ?? Port).TakeAll();
    }

    /// <summary>The guest makes its IPv6 address known: it asks for the gateway.</summary>
    public void Introduce6(
        RecordingPort? port = null, MacAddress? mac = null, IpAddress? address = null)
    {
        MacAddress own = mac ?? VirtualNetwork.GuestMac;
        Send(
            new NeighborMessage
            {
                SourceMac = own, Source = address ?? VirtualNetwork.Guest6, LinkLayer = own,
            }.ToFrame(),
            port);
        (port ?? Port).TakeAll();
    }

    /// <summary>Everything that is to happen now happens.</summary>
    public void Turn()
    {
        for (int i = 0; i < MaximumRounds; i++)
        {
            bool told = Host.Dispatch(Clock.Now);
            Stack.Advance(Clock.Now);
            if (!told && !Stack.HasPendingWork && Host.NextEvent > Clock.Now)
            {
                return;
            }
        }

        throw new ExpectationException("the engine never comes to rest");
    }

    /// <summary>Time passes, with a turn at each deadline.</summary>
    public void Wait(Duration duration)
    {
        Instant end = Clock.Now + duration;
        while (Instant.Min(Stack.NextDeadline, Host.NextEvent) is var next && next <= end)
        {
            Clock.AdvanceTo(next);
            Turn();
        }

        Clock.AdvanceTo(end);
        Turn();
    }

    public Datagram? TakeDatagram(RecordingPort? port = null) =>
        (port ?? Port).Take() is byte[] frame ? Datagram.ParseFrame(frame) : null;

    public IcmpPacket? TakeIcmp(RecordingPort? port = null) =>
        (port ?? Port).Take() is byte[] frame ? IcmpPacket.ParseFrame(frame) : null;

    public ArpFrame? TakeArp(RecordingPort? port = null) =>
        (port ?? Port).Take() is byte[] frame ? ArpFrame.ParseFrame(frame) : null;

    public NeighborMessage? TakeNeighbor(RecordingPort? port = null) =>
        (port ?? Port).Take() is byte[] frame ? NeighborMessage.ParseFrame(frame) : null;

    /// <summary>The same of IPv6 as <see cref="TakeFragmented"/>.</summary>
    public Ipv6Packet TakeFragmented6(RecordingPort? port = null)
    {
        Ipv6Packet[] pieces = [
            .. (port ?? Port).TakeAll().Select(frame => Ipv6Packet.ParseFrame(frame))];
        Assert.NotEmpty(pieces);
        int offset = 0;
        foreach (Ipv6Packet piece in pieces)
        {
            Assert.Equal(offset, piece.FragmentOffsetBytes);
            Assert.Equal(pieces[0].Identification, piece.Identification);
            Assert.Equal(pieces.Length > 1, piece.HasFragmentHeader);
            Assert.InRange(piece.ToBytes().Length, 0, Settings.MtuBytes);
            offset += piece.Payload.Length;
            Assert.Equal(piece != pieces[^1], piece.MoreFragments);
        }

        return pieces[0] with
        {
            HasFragmentHeader = false, MoreFragments = false,
            Payload = [.. pieces.SelectMany(piece => piece.Payload)],
        };
    }

    /// <summary>Takes all frames as the fragments of one packet, and puts them together.</summary>
    public Ipv4Packet TakeFragmented(RecordingPort? port = null)
    {
        Ipv4Packet[] pieces = [
            .. (port ?? Port).TakeAll().Select(frame => Ipv4Packet.ParseFrame(frame))];
        Assert.NotEmpty(pieces);
        int offset = 0;
        foreach (Ipv4Packet piece in pieces)
        {
            Assert.Equal(offset, piece.FragmentOffsetBytes);
            Assert.Equal(pieces[0].Identification, piece.Identification);
            Assert.True(
                piece.Payload.Length + 20 <= Settings.MtuBytes,
                "a fragment is longer than the MTU");
            offset += piece.Payload.Length;
            Assert.Equal(piece != pieces[^1], piece.MoreFragments);
        }

        return pieces[0] with
        {
            MoreFragments = false, Payload = [.. pieces.SelectMany(piece => piece.Payload)],
        };
    }

    public long Dropped(DropReason reason) => Counters.Dropped(reason);
}
