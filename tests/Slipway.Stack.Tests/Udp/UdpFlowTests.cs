using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Udp;

public class UdpFlowTests
{
    private static readonly IpEndpoint Server = new(VirtualNetwork.Far, 7_000);
    private static readonly IpEndpoint OtherServer = new(IpAddress.Parse("198.51.100.8"), 7_000);

    private readonly StackBench _bench = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_472)]
    [InlineData(1_473)]
    [InlineData(9_000)]
    [InlineData(65_507)]
    public void Datagram_OfAnySize_IsEchoed(int size)
    {
        byte[] payload = new byte[size];
        Random.Shared.NextBytes(payload);
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        Datagram datagram = new() { Destination = Server, Payload = payload };
        Array.ForEach(datagram.ToPacket().Fragment(1_480), _bench.Send);
        Assert.Equal(payload, Assert.Single(server.Received));
        Datagram reply = Datagram.Parse(_bench.TakeFragmented());
        Assert.Equal((Server, datagram.Source), (reply.Source, reply.Destination));
        Assert.Equal(payload, reply.Payload);
    }

    [Fact]
    public void Datagram_WithoutAChecksumOrASourcePort_IsEchoed()
    {
        _bench.Host.ServeUdp(Server);
        Datagram datagram = new()
        {
            Source = new(VirtualNetwork.Guest, 0), Destination = Server, Payload = [1, 2],
        };
        byte[] bytes = datagram.ToBytes();
        bytes[6] = bytes[7] = 0;
        _bench.Send(datagram.ToPacket() with { Payload = bytes });
        Assert.Equal(
            new IpEndpoint(VirtualNetwork.Guest, 0), _bench.TakeDatagram().Must().Destination);
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, 7)]
    [InlineData(false, 11)]
    [InlineData(false, 0)]
    public void Datagram_Malformed_IsDropped(bool badChecksum, int? lyingLength)
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send(new Datagram
        {
            Destination = Server, Payload = [1, 2], BadChecksum = badChecksum,
            LyingLength = (ushort?)lyingLength,
        }.ToFrame());
        Assert.Empty(server.Received);
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Ttl_TosAndDf_ArePassedOn()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        Ipv4Packet packet = new Datagram { Destination = Server }.ToPacket();
        _bench.Send(packet with { Ttl = 9, TypeOfService = 0xb8, DontFragment = true });
        Assert.Equal(new DatagramOptions(8, 0xb8, true), server.LastOptions);
        _bench.Send(packet with { Ttl = 64 });
        Assert.Equal(new DatagramOptions(63, 0, false), server.LastOptions);
    }

    [Fact]
    public void Alias_InBothDirections_IsTheHostsLoopback()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(new(IpAddress.IPv4Loopback, 53));
        _bench.Send((new Datagram
        {
            Destination = new(VirtualNetwork.HostAlias, 53), Payload = [1],
        }.ToPacket()) with { Ttl = 1 });
        Assert.Single(server.Received);
        Assert.Equal(
            new IpEndpoint(VirtualNetwork.HostAlias, 53), _bench.TakeDatagram().Must().Source);
    }

    [Fact]
    public void Mapping_OfOneEndpoint_IsOneSocketForAllRemotes()
    {
        SimDatagramServer one = _bench.Host.ServeUdp(Server);
        SimDatagramServer two = _bench.Host.ServeUdp(OtherServer);
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        _bench.Send(new Datagram { Destination = OtherServer }.ToFrame());
        Assert.Equal(one.LastSource, two.LastSource);
        Assert.Equal(1, _bench.Host.OpenSockets);
        _bench.Send(new Datagram
        {
            Source = new(VirtualNetwork.Guest, 40_001), Destination = Server,
        }.ToFrame());
        Assert.NotEqual(one.LastSource, two.LastSource);
    }

    [Fact]
    public void Filter_ByDefault_PassesContactedAddressesAlone()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        _bench.Port.TakeAll();

        Assert.True(_bench.Host.SendToHost(new(Server.Address, 9_999), server.LastSource, [1]));
        _bench.Turn();
        Assert.Equal(9_999, _bench.TakeDatagram().Must().Source.Port);

        _bench.Host.SendToHost(OtherServer, server.LastSource, [2]);
        _bench.Turn();
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.Filtered));

        // Hole punching: once the guest has sent there, the other may answer.
        _bench.Send(new Datagram { Destination = OtherServer }.ToFrame());
        _bench.Port.TakeAll();
        _bench.Host.SendToHost(OtherServer, server.LastSource, [3]);
        _bench.Turn();
        Assert.Equal([3], _bench.TakeDatagram().Must().Payload);
        _bench.Host.SendToHost(Server, server.LastSource, [4]);
        _bench.Turn();
        Assert.Equal([4], _bench.TakeDatagram().Must().Payload);
    }

    [Fact]
    public void Filter_OfFullCone_PassesAnyAddressButTheHostsLoopback()
    {
        StackBench bench = new(
            VirtualNetwork.Settings with { UdpFullCone = true, HostAlias = null });
        SimDatagramServer server = bench.Host.ServeUdp(Server);
        bench.Send(new Datagram { Destination = Server }.ToFrame());
        bench.Port.TakeAll();
        bench.Host.SendToHost(OtherServer, server.LastSource, [1]);
        bench.Host.SendToHost(new(IpAddress.IPv4Loopback, 5), server.LastSource, [2]);
        bench.Turn();
        Assert.Equal(OtherServer, bench.TakeDatagram().Must().Source);
        Assert.Null(bench.Port.Take());
    }

    [Fact]
    public void Remotes_OverTheBound_ForgetTheIdlest()
    {
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { UdpRemotesPerFlow = 4 } });
        SimDatagramServer server = bench.Host.ServeUdp(Server);
        bench.Send(new Datagram { Destination = Server }.ToFrame());
        for (uint i = 0; i < 4; i++)
        {
            bench.Host.ServeUdp(
                new(IpAddress.FromIPv4(0xc633_6420 + i), 1),
                new SimDatagramServer { Answer = _ => [] });
            bench.Send(new Datagram
            {
                Destination = new(IpAddress.FromIPv4(0xc633_6420 + i), 1),
            }.ToFrame());
        }

        bench.Port.TakeAll();
        bench.Host.SendToHost(Server, server.LastSource, [1]);
        bench.Host.SendToHost(new(IpAddress.FromIPv4(0xc633_6420), 1), server.LastSource, [2]);
        bench.Turn();
        Assert.Equal([2], bench.TakeDatagram().Must().Payload);
        Assert.Null(bench.Port.Take());
    }

    [Theory]
    [InlineData(53, true, 15)]
    [InlineData(53, false, 15)]
    [InlineData(7_000, false, 30)]
    [InlineData(7_000, true, 180)]
    public void Flow_Idle_IsClosedByItsKind(int port, bool answers, int seconds)
    {
        IpEndpoint remote = new(VirtualNetwork.Far, (ushort)port);
        _bench.Host.ServeUdp(
            remote, new SimDatagramServer { Answer = payload => answers ? [payload] : [] });
        _bench.Send(new Datagram { Destination = remote }.ToFrame());
        _bench.Wait(Duration.FromSeconds(seconds - 1));
        Assert.Equal(1, _bench.Host.OpenSockets);
        _bench.Wait(Duration.FromSeconds(2));
        Assert.Equal(0, _bench.Host.OpenSockets);
        Assert.Equal(0, _bench.Stack.Udp.Count);
    }

    [Fact]
    public void Flow_KeptBusy_IsNotClosed()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        IpEndpoint source = server.LastSource;
        for (int i = 0; i < 10; i++)
        {
            _bench.Wait(Duration.FromSeconds(100));
            _bench.Send(new Datagram { Destination = Server }.ToFrame());
        }

        Assert.Equal(source, server.LastSource);
        for (int i = 0; i < 10; i++)
        {
            _bench.Wait(Duration.FromSeconds(100));
            _bench.Host.SendToHost(Server, source, [1]);
            _bench.Turn();
        }

        Assert.Equal(1, _bench.Counters.UdpFlowsOpened);
        Assert.Equal(1, _bench.Host.OpenSockets);
    }

    [Fact]
    public void Flows_OverTheBound_EvictTheIdlestAndNeverTheBusiest()
    {
        // gvproxy #107, vpnkit #406: flows and descriptors that leak.
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { UdpFlows = 20 } });
        SimDatagramServer server = bench.Host.ServeUdp(Server);
        bench.Send(
            new Datagram { Source = new(VirtualNetwork.Guest, 1), Destination = Server }.ToFrame());
        IpEndpoint busy = server.LastSource;
        for (int i = 0; i < 3_000; i++)
        {
            bench.Send(new Datagram
            {
                Source = new(VirtualNetwork.Guest, (ushort)(1_000 + i)), Destination = Server,
            }.ToFrame());
            bench.Send(new Datagram
            {
                Source = new(VirtualNetwork.Guest, 1), Destination = Server,
            }.ToFrame());
            Assert.Equal(busy, server.LastSource);
            Assert.InRange(bench.Host.OpenSockets, 1, 20);
        }

        Assert.Equal(20, bench.Stack.Udp.Count);
        Assert.Equal(3_001 - 20, bench.Counters.UdpFlowsEvicted);
    }

    [Fact]
    public void Descriptors_UsedUp_NewFlowsAreRefusedAndOldOnesGoOn()
    {
        _bench.Host.ServeUdp(Server);
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        _bench.Port.TakeAll();
        _bench.Host.SocketLimit = 1;
        _bench.Send(
            new Datagram { Source = new(VirtualNetwork.Guest, 2), Destination = Server }.ToFrame());
        _bench.TakeIcmp().Must(Expect.Icmp(3, 1));
        Assert.Equal(1, _bench.Dropped(DropReason.HostResources));
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        Assert.NotNull(_bench.TakeDatagram());
    }

    [Fact]
    public void Guest_OnANewPort_GetsTheFlowsDatagramsThere()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        _bench.Stack.OnPortClosed(_bench.Port, _bench.Clock.Now);
        _bench.Host.SendToHost(Server, server.LastSource, [1]);
        _bench.Turn();
        Assert.Equal(1, _bench.Dropped(DropReason.NoNeighbor));

        RecordingPort again = _bench.Open(2);
        _bench.Introduce(again);
        _bench.Host.SendToHost(Server, server.LastSource, [2]);
        _bench.Turn();
        Assert.Equal([2], _bench.TakeDatagram(again).Must().Payload);
    }

    [Fact]
    public void Flood_AtOneSocket_LeavesTheTurnToOthers()
    {
        SimDatagramServer server = _bench.Host.ServeUdp(Server);
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        IpEndpoint flooded = server.LastSource;
        _bench.Send(
            new Datagram { Source = new(VirtualNetwork.Guest, 2), Destination = Server }.ToFrame());
        _bench.Port.TakeAll();
        for (int i = 0; i < 1_000; i++)
        {
            _bench.Host.SendToHost(Server, flooded, [1]);
        }

        _bench.Host.SendToHost(Server, server.LastSource, [2]);
        _bench.Host.Dispatch(_bench.Clock.Now);
        byte[][] frames = _bench.Port.TakeAll();
        Assert.InRange(frames.Length, 2, 100);
        Assert.Contains(frames, frame => Datagram.ParseFrame(frame).Payload[0] == 2);
        Assert.True(_bench.Stack.HasPendingWork);
        _bench.Turn();
        Assert.Equal(1_001, frames.Length + _bench.Port.PendingCount);
    }

    [Fact]
    public void Link_ThatIsFull_LosesDatagramsAndIsServedLater()
    {
        _bench.Host.ServeUdp(Server);
        _bench.Port.Room = 0;
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        Assert.Equal(1, _bench.Dropped(DropReason.LinkFull));
        _bench.Port.Room = int.MaxValue;
        _bench.Stack.OnPortWritable(_bench.Port, _bench.Clock.Now);
        _bench.Send(new Datagram { Destination = Server }.ToFrame());
        Assert.NotNull(_bench.TakeDatagram());
    }

    [Fact]
    public void Identifications_OfManyDatagrams_HaveNoConstantStep()
    {
        // CVE-2024-10026, -10603.
        _bench.Host.ServeUdp(Server);
        HashSet<int> steps = [];
        int last = 0;
        for (int i = 0; i < 300; i++)
        {
            _bench.Send(new Datagram { Destination = Server }.ToFrame());
            int identification = Ipv4Packet.ParseFrame(_bench.Port.Take()).Identification;
            steps.Add((ushort)(identification - last));
            last = identification;
        }

        Assert.InRange(steps.Count, 10, 20);
    }

    [Fact]
    public void Flow_ClosedWithDatagramsWaiting_IsNotUsedAgain()
    {
        // CVE-2017-13711: close while replies are queued.
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { UdpFlows = 1 } });
        SimDatagramServer server = bench.Host.ServeUdp(Server);
        bench.Send(new Datagram { Destination = Server }.ToFrame());
        for (int i = 0; i < 500; i++)
        {
            bench.Host.SendToHost(Server, server.LastSource, [1]);
        }

        bench.Host.Dispatch(bench.Clock.Now);
        Assert.True(bench.Stack.HasPendingWork);
        bench.Stack.OnFrame(
            bench.Port, new Datagram
            {
                Source = new(VirtualNetwork.Guest, 2), Destination = Server,
            }.ToFrame(), bench.Clock.Now);
        bench.Turn();
        Assert.Equal(1, bench.Host.OpenSockets);
    }
}
