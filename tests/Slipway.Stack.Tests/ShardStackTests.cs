using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests;

/// <summary>A worker's queue: what it takes itself, and what it leaves to others.</summary>
public class ShardStackTests : IFrameRelay, INeighborKeeper
{
    private const int Worker = 1;

    private readonly FakeClock _clock = new();
    private readonly RecordingPort _port = new();
    private readonly Counters _counters = new();
    private readonly FlowSharding _sharding = new(VirtualNetwork.Settings6, 3);
    private readonly ShardStack _shard;
    private readonly List<byte[]> _toKeeper = [];
    private readonly List<(int Worker, byte[] Frame)> _toShards = [];
    private int _notes;

    public ShardStackTests()
    {
        SimHost host = new(_clock);
        _shard = new ShardStack(
            VirtualNetwork.Settings6, _counters, host, host, new SimServices(host), this, _sharding,
            Worker, this);
        _shard.OnPortOpened(_port, _clock.Now);
    }

    [Fact]
    public void StrangersFrame_GoesToTheKeeper_AsItIs()
    {
        byte[] frame = FrameOf(Worker);
        Send(frame);
        Assert.Equal([frame], _toKeeper);
        Assert.Equal(0, _shard.Flows.Udp.Count);
    }

    [Fact]
    public void CheckedFrame_IsServed_AndMakesItsGuestKnown()
    {
        byte[] frame = FrameOf(Worker);
        _shard.OnCheckedFrame(_port, frame, default, isByKeeper: true, _clock.Now);
        _shard.Flows.Advance(_clock.Now);
        Assert.Equal(1, _shard.Flows.Udp.Count);
        Assert.Equal(0, _counters.FramesReceived); // counted where it arrived

        Send(frame);
        Assert.Empty(_toKeeper);
        Assert.Equal(1, _counters.FramesReceived);
        Assert.Equal(frame.Length, _counters.BytesReceived);
    }

    [Fact]
    public void FrameFromAnotherWorker_IsTakenOnlyOfAGuestThatIsKnownHere()
    {
        byte[] frame = FrameOf(Worker);
        _shard.OnCheckedFrame(_port, frame, default, isByKeeper: false, _clock.Now);
        Assert.Equal([frame], _toKeeper);
        Assert.Equal(0, _shard.Neighbors.Count);

        Introduce();
        _shard.OnCheckedFrame(_port, frame, default, isByKeeper: false, _clock.Now);
        Assert.Single(_toKeeper);
        Assert.Equal(1, _shard.Flows.Udp.Count);
    }

    [Fact]
    public void KnownGuestsFrame_OfAnotherWorkersFlow_GoesThere()
    {
        Introduce();
        byte[] second = FrameOf(2);
        byte[] keepers = FrameOf(FlowSharding.Keeper);
        Send(second);
        Send(keepers);
        (int worker, byte[] frame) = Assert.Single(_toShards);
        Assert.Equal(2, worker);
        Assert.Equal(second, frame);
        Assert.Equal([keepers], _toKeeper);
    }

    [Fact]
    public void FramesThatOnlyTheKeeperCanJudge_GoThere()
    {
        Introduce();
        Datagram good = DatagramOf(Worker);
        byte[] frame = good.ToFrame();
        byte[][] others =
        [
            new ArpFrame().ToFrame(),
            [.. frame[..13]],
            Edit(frame, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), // to all
            Edit(frame, 0, 2, 0, 0, 0, 0, 9), // to another guest
            Edit(frame, 6, 2, 0, 0, 0, 0, 9), // from another MAC
            Edit(frame, 12, 0x86, 0xdd), // IPv6
            Edit(frame, 14, 0x65), // no IPv4 header
            (good.ToPacket() with { Source = StackBench.OtherGuest }).ToFrame(),
            (good.ToPacket() with { Source = VirtualNetwork.Settings.Gateway }).ToFrame(),
            (good.ToPacket() with { MoreFragments = true, DontFragment = false }).ToFrame(),
            (good.ToPacket() with { Protocol = IpProtocol.Icmp }).ToFrame(),
            (good with { Payload = new byte[1_600] }).ToFrame(), // longer than the link carries
            (good with { Destination = new IpEndpoint(VirtualNetwork.Settings.Gateway, 53) })
                .ToFrame(),
        ];
        foreach (byte[] other in others)
        {
            Send(other);
        }

        Assert.Equal(others, _toKeeper);
        Assert.Empty(_toShards);
        Assert.Equal(0, _counters.FramesReceived);
    }

    [Fact]
    public void CheckedFrame_OfADatagramThatWasPutTogether_MayBeLongerThanTheLink()
    {
        Datagram large = DatagramOf(Worker) with { Payload = new byte[30_000] };
        _shard.OnCheckedFrame(_port, large.ToFrame(), default, isByKeeper: true, _clock.Now);
        _shard.Flows.Advance(_clock.Now);
        Assert.Equal(1, _shard.Flows.Udp.Count);
    }

    [Fact]
    public void BusyGuest_IsNotedToTheKeeper_AndRevokedItsFramesGoThere()
    {
        Introduce();
        _clock.AdvanceTo(_clock.Now + Duration.FromMilliseconds(600));
        byte[] frame = FrameOf(Worker);
        Send(frame);
        Assert.Equal(1, _notes);
        Assert.Empty(_toKeeper);

        _shard.Neighbors.Revoke(VirtualNetwork.Guest);
        Send(frame);
        Assert.Equal([frame], _toKeeper);
    }

    [Fact]
    public void Frames6_AreTakenGivenAndPassedOnAsThoseOfIpv4()
    {
        Datagram datagram = Datagram6Of(Worker);
        byte[] frame = datagram.ToFrame();
        byte[] options = (datagram.ToPacket6() with
        {
            Extensions = [(IpProtocol.DestinationOptions, new byte[8])],
        }).ToFrame();
        Send(frame);
        Assert.Equal([frame], _toKeeper);
        _shard.OnCheckedFrame(_port, frame, default, isByKeeper: true, _clock.Now);
        Send(frame);
        Send(options);
        Assert.Single(_toKeeper);
        Assert.Equal(1, _shard.Flows.Udp.Count);
        Assert.Equal(2, _counters.FramesReceived);

        byte[] second = Datagram6Of(2).ToFrame();
        Send(second);
        (int worker, byte[] passed) = Assert.Single(_toShards);
        Assert.Equal(2, worker);
        Assert.Equal(second, passed);
    }

    [Fact]
    public void Frames6_ThatOnlyTheKeeperCanJudge_GoThere()
    {
        Datagram good = Datagram6Of(Worker);
        Ipv6Packet packet = good.ToPacket6();
        _shard.OnCheckedFrame(_port, packet.ToFrame(), default, isByKeeper: true, _clock.Now);
        byte[][] others =
        [
            new NeighborMessage().ToFrame(),
            IcmpPacket.EchoRequest6(1, 1, []).ToFrame(),
            (packet with { Source = StackBench.OtherGuest6 }).ToFrame(),
            (packet with { Source = VirtualNetwork.GatewayLinkLocal }).ToFrame(),
            (packet with { Source = VirtualNetwork.Guest }).ToFrame(), // IPv4-mapped
            (packet with { HasFragmentHeader = true, MoreFragments = true }).ToFrame(),
            (packet with
            {
                Extensions = [(IpProtocol.DestinationOptions, [0, 0, 0xbe, 4, 0, 0, 0, 0])],
            }).ToFrame(),
            (good with { Destination = new(VirtualNetwork.Gateway6, 53) }).ToFrame(),
            (good with { Destination = new(VirtualNetwork.GatewayLinkLocal, 53) }).ToFrame(),
            (good with { Destination = new(VirtualNetwork.AllNodes, 53) }).ToFrame(),
        ];
        foreach (byte[] other in others)
        {
            Send(other);
        }

        Assert.Equal(others, _toKeeper);
        Assert.Empty(_toShards);
        Assert.Equal(0, _counters.FramesReceived);
    }

    [Fact]
    public void ClosedPort_TakesItsGuestAlong()
    {
        Introduce();
        _shard.OnPortClosed(_port, _clock.Now);
        Assert.Equal(0, _shard.Neighbors.Count);
    }

    void IFrameRelay.PassToKeeper(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload) =>
        _toKeeper.Add(frame.ToArray());

    void IFrameRelay.PassToShard(
        int worker, IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload) =>
        _toShards.Add((worker, frame.ToArray()));

    void INeighborKeeper.Note(IpAddress guest, in GuestRoute route) => _notes++;

    void INeighborKeeper.Resolve(IpAddress guest)
    {
        // Nobody is asked for here.
    }

    private static byte[] Edit(byte[] frame, int at, params byte[] bytes)
    {
        byte[] edited = [.. frame];
        bytes.CopyTo(edited, at);
        return edited;
    }

    private void Introduce() => _shard.Neighbors.Confirm(
        VirtualNetwork.Guest, new GuestRoute(_port, VirtualNetwork.GuestMac), _clock.Now);

    private void Send(byte[] frame)
    {
        _shard.OnFrame(_port, frame, default, _clock.Now);
        _shard.Flows.Advance(_clock.Now);
    }

    private byte[] FrameOf(int worker) => DatagramOf(worker).ToFrame();

    // A datagram to the outside whose flow is that worker's.
    private Datagram DatagramOf(int worker) => DatagramOf(worker, new Datagram());

    private Datagram Datagram6Of(int worker) => DatagramOf(worker, new Datagram
    {
        Source = VirtualNetwork.GuestEndpoint6, Destination = new(VirtualNetwork.Far6, 53),
    });

    private Datagram DatagramOf(int worker, Datagram template)
    {
        for (ushort port = 1_024; ; port++)
        {
            Datagram datagram = template with
            {
                Source = new IpEndpoint(template.Source.Address, port),
            };
            if (_sharding.WorkerOf(
                IpProtocol.Udp, datagram.Source.Address, datagram.Destination.Address,
                datagram.ToBytes()) == worker)
            {
                return datagram;
            }
        }
    }
}
