using Slipway.Stack.Tests.Tcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Guests;

/// <summary>What one guest takes of the bounds, and what that leaves to another.</summary>
public class GuestShareTests
{
    private const int Quiet = 2;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void Share_OneGuestThatTakesAll_LeavesOthersHalfOfTheirPart(int guests)
    {
        GuestShares shares = new();
        GuestQueue<int> queue = new(shares, new StackLimits(), "entries", 12_000);
        for (int i = 0; i < guests; i++)
        {
            shares.OnPortOpened();
        }

        TakeAll(queue, link: 0);
        for (int round = 0; round < 12_000; round++)
        {
            for (int link = 1; link < guests; link++)
            {
                if (!queue.IsAtShare(queue.CountOf(link)))
                {
                    queue.Add(link, 0);
                }
            }
        }

        for (int link = 1; link < guests; link++)
        {
            Assert.InRange(queue.CountOf(link), (12_000 / guests / 2) - guests, 12_000);
        }
    }

    [Fact]
    public void Share_OfAGuestThatIsAlone_IsAllButWhatIsKeptFree()
    {
        GuestShares shares = new();
        GuestQueue<int> queue = new(shares, new StackLimits(), "entries", 80, keptFree: 10);
        shares.OnPortOpened();
        TakeAll(queue, link: 1);
        Assert.Equal(70, queue.CountOf(1));
        shares.OnPortOpened();
        TakeAll(queue, link: 2);
        Assert.Equal(5, queue.CountOf(2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Queue_AgainstAModel_GivesUpTheSame(int seed)
    {
        Random random = new(seed);
        GuestShares shares = new();
        GuestQueue<int> queue = new(shares, new StackLimits(), "entries", 40);
        shares.OnPortOpened();
        shares.OnPortOpened();
        List<(int Link, int Value, int Place)> model = [];
        for (int i = 0; i < 20_000; i++)
        {
            int link = random.Next(4);
            int at = model.Count == 0 ? 0 : random.Next(model.Count);
            switch (random.Next(4))
            {
                case 0 when model.Count > 0:
                    queue.Remove(model[at].Place);
                    model.RemoveAt(at);
                    break;
                case 1 when model.Count > 0:
                    (int Link, int Value, int Place) touched = model[at];
                    queue.Touch(touched.Place, link);
                    model.RemoveAt(at);
                    model.Add(touched with { Link = link });
                    break;
                default:
                    if (queue.FindVictim(link) is >= 0 and int victim)
                    {
                        int own = model.Count(one => one.Link == link);
                        int share = Math.Max(1, (40 - (model.Count - own)) / 2);
                        int giver = model.Find(one => one.Place == victim).Link;
                        Assert.Equal(
                            own >= share ? own
                                : model.GroupBy(one => one.Link).Max(group => group.Count()),
                            model.Count(one => one.Link == giver));
                        (int Link, int Value, int Place) oldest =
                            model.Find(one => one.Link == giver);
                        Assert.Equal(oldest.Value, queue.At(victim));
                        queue.Remove(victim);
                        model.Remove(oldest);
                    }

                    model.Add((link, i, queue.Add(link, i)));
                    break;
            }

            Assert.Equal(model.Count, queue.Used);
            Assert.Equal(model.Count(one => one.Link == link), queue.CountOf(link));
        }
    }

    [Fact]
    public void Syns_OfOneGuestToNowhere_LeaveAnothersConnects()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { TcpHalfOpen = 40, TcpFlows = 100 },
        });
        RecordingPort quiet = bench.Open(Quiet);
        SimServer server = bench.Host.Serve(VirtualNetwork.FarEndpoint);
        server.Outcome = HostError.InProgress;
        Segment syn = TcpScript.Syn with
        {
            Source = new IpEndpoint(StackBench.OtherGuest, 5_000),
        };
        bench.SendAsOther(syn.ToPacket(), quiet);
        for (ushort i = 0; i < 500; i++)
        {
            bench.Send(Syn(i).ToFrame());
        }

        Assert.Equal(TcpState.SynHeld, bench.Stack.Tcp.StateOf(KeyOf(syn)));
        GuestBound halfOpen = Bound(bench, "tcpHalfOpen");
        Assert.Equal(20, halfOpen.Used);
        Assert.Equal(500 - 19, halfOpen.RefusedOfShare);
        Assert.Equal(0, halfOpen.Refused);
    }

    [Fact]
    public void Connections_OfOneGuest_LeaveRoomForAnother()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { TcpFlows = 80 },
        });
        bench.Host.Serve(VirtualNetwork.FarEndpoint);
        for (ushort i = 0; i < 100; i++)
        {
            Connect(bench, Syn(i), bench.Port, VirtualNetwork.GuestMac);
        }

        Assert.Equal(70, bench.Stack.Tcp.Count);
        RecordingPort quiet = bench.Open(Quiet);
        Segment syn = TcpScript.Syn with
        {
            Source = new IpEndpoint(StackBench.OtherGuest, 5_000),
        };
        Connect(bench, syn, quiet, StackBench.OtherMac);
        Assert.Equal(TcpState.Established, bench.Stack.Tcp.StateOf(KeyOf(syn)));
    }

    [Fact]
    public void Datagrams_FromManyPortsOfOneGuest_LeaveAnothersFlow()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { UdpFlows = 20 },
        });
        RecordingPort quiet = bench.Open(Quiet);
        Datagram one = new() { Source = new IpEndpoint(StackBench.OtherGuest, 5_000) };
        bench.SendAsOther(one.ToPacket(), quiet);
        for (ushort i = 0; i < 500; i++)
        {
            // Its many addresses are one guest's.
            IpAddress address = IpAddress.FromIPv4(VirtualNetwork.Guest.IPv4 + 10u + (i % 50u));
            bench.Send(
                new Datagram { Source = new IpEndpoint(address, (ushort)(2_000 + i)) }.ToFrame());
        }

        Assert.Equal(1 + 9, bench.Stack.Udp.Count);
        List<FlowEntry> flows = [];
        bench.Stack.Udp.ListTo(flows);
        Assert.Contains(flows, flow => flow.Key.Guest == one.Source);
    }

    [Fact]
    public void Pings_WithManyIdentifiers_LeaveAnothersFlow()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { EchoFlows = 20 },
        });
        RecordingPort quiet = bench.Open(Quiet);
        bench.SendAsOther(Ping(StackBench.OtherGuest, 7), quiet);
        for (ushort i = 0; i < 100; i++)
        {
            bench.Send(Ping(VirtualNetwork.Guest, i));
        }

        Assert.Equal(1 + 9, bench.Stack.Pings.Count);
        long opened = bench.Counters.EchoFlowsOpened;
        bench.SendAsOther(Ping(StackBench.OtherGuest, 7), quiet);
        Assert.Equal(opened, bench.Counters.EchoFlowsOpened);
    }

    [Fact]
    public void Fragments_OfOneGuest_LeaveAnothersDatagram()
    {
        StackBench bench = new();
        RecordingPort quiet = bench.Open(Quiet);
        Ipv4Packet ping = Ping(StackBench.OtherGuest, 7, VirtualNetwork.Gateway, 3_000);
        Ipv4Packet[] pieces = ping.Fragment(1_480);
        bench.SendAsOther(pieces[0], quiet);
        for (ushort i = 0; i < 500; i++)
        {
            Ipv4Packet other = Ping(VirtualNetwork.Guest, i, VirtualNetwork.Gateway, 3_000);
            bench.Send((other with { Identification = i }).Fragment(1_480)[0]);
        }

        Assert.Equal(1 + 31, bench.Stack.ReassemblyCount);
        bench.SendAsOther(pieces[1], quiet);
        bench.SendAsOther(pieces[2], quiet);
        Assert.True(quiet.PendingCount > 0, "the other guest's datagram was answered");
    }

    [Fact]
    public void Errors_ToOneGuestOfManyAddresses_AreOneGuests()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { IcmpErrorsPerSecond = 5 },
        });
        for (ushort i = 0; i < 100; i++)
        {
            IpAddress address = IpAddress.FromIPv4(VirtualNetwork.Guest.IPv4 + 10u + (i % 50u));
            bench.Send(new Datagram
            {
                Source = new IpEndpoint(address, 2_000),
                Destination = new IpEndpoint(VirtualNetwork.Gateway, 9),
            }.ToFrame());
        }

        Assert.Equal(95, bench.Dropped(DropReason.IcmpRate));
    }

    internal static GuestBound Bound(StackBench bench, string name) =>
        Assert.Single(bench.Counters.Guests.Bounds, bound => bound.Name == name);

    private static void TakeAll(GuestQueue<int> queue, int link)
    {
        while (!queue.IsAtShare(queue.CountOf(link)) && !queue.IsFull)
        {
            queue.Add(link, 0);
        }
    }

    internal static Segment Syn(ushort number) => TcpScript.Syn with
    {
        Source = new IpEndpoint(VirtualNetwork.Guest, (ushort)(2_000 + number)),
    };

    internal static Segment Connect(
        StackBench bench, Segment syn, RecordingPort port, MacAddress mac)
    {
        Send(syn);
        Segment answer = Segment.ParseFrame(port.TakeAll()[^1]);
        if (answer.Has(TcpFlags.Syn))
        {
            Send(syn with
            {
                Sequence = syn.Sequence + 1,
                Acknowledgment = answer.Sequence + 1,
                Flags = TcpFlags.Acknowledgment,
                Options = SegmentOptions.None,
            });
        }

        return answer;

        void Send(Segment segment) => bench.Send(
            new EthernetFrame { Source = mac, Payload = segment.ToPacket().ToBytes() }.ToBytes(),
            port);
    }

    private static Ipv4Packet Ping(
        IpAddress source, ushort identifier, IpAddress? destination = null, int length = 8) =>
        (IcmpPacket.EchoRequest(identifier, 1, new byte[length]) with
        {
            Source = source, Destination = destination ?? VirtualNetwork.Far,
        }).ToPacket();

    private static FlowKey KeyOf(Segment segment) =>
        new(segment.Source, segment.Destination, IpProtocol.Tcp);
}
