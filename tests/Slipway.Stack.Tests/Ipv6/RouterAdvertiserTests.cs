using System.Buffers.Binary;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>What the gateway tells of itself as a router (RFC 4861 section 6.2).</summary>
public class RouterAdvertiserTests
{
    private static readonly IpAddress AllRouters = IpAddress.Parse("ff02::2");

    private readonly StackBench _bench = new(VirtualNetwork.Settings6);

    private static NeighborMessage Solicitation => new()
    {
        Type = 133, Source = VirtualNetwork.GuestLinkLocal, Destination = AllRouters,
        LinkLayer = VirtualNetwork.GuestMac,
    };

    [Fact]
    public void Solicitation_IsAnsweredWithAllThatAGuestNeeds()
    {
        _bench.Send(Solicitation.ToFrame());
        NeighborMessage told = Assert.IsType<NeighborMessage>(_bench.TakeNeighbor());
        Assert.Equal((134, VirtualNetwork.GatewayLinkLocal, VirtualNetwork.GuestLinkLocal),
            (told.Type, told.Source, told.To));
        Assert.Equal(VirtualNetwork.GuestMac, told.DestinationMac);
        Assert.Equal(0x4000_0000u, told.RestOfHeader);
        Assert.Equal(VirtualNetwork.GatewayMac, told.LinkLayer);
        byte[] prefix = Assert.Single(told.OptionsOf(3));
        Assert.Equal([64, 0xc0], prefix[..2]);
        Assert.Equal(86_400u, BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(2)));
        Assert.Equal(14_400u, BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(6)));
        Assert.Equal(
            VirtualNetwork.Prefix6.Network, IpAddress.ReadIPv6(prefix.AsSpan(14)));
        Assert.Equal([0, 0, 0, 0, 5, 0xdc], Assert.Single(told.OptionsOf(5)));
        byte[] servers = Assert.Single(told.OptionsOf(25));
        Assert.Equal(VirtualNetwork.Gateway6, IpAddress.ReadIPv6(servers.AsSpan(6)));
        Assert.Empty(told.OptionsOf(31));
        Assert.Empty(told.OptionsOf(38));
    }

    [Fact]
    public void Solicitation_WithoutAnAddress_IsAnsweredToAllNodes()
    {
        _bench.Send((Solicitation with { Source = default, LinkLayer = null }).ToFrame());
        NeighborMessage told = Assert.IsType<NeighborMessage>(_bench.TakeNeighbor());
        Assert.Equal((134, VirtualNetwork.AllNodes), (told.Type, told.To));
        Assert.Equal(0, _bench.Stack.Neighbors.Count);
    }

    [Theory]
    [InlineData(true, 255, 0)]
    [InlineData(false, 254, 0)]
    [InlineData(false, 255, 1)]
    public void Solicitation_ThatIsNotValid_IsNotAnswered(bool isProbe, byte hopLimit, byte code)
    {
        _bench.Send((Solicitation with
        {
            Source = isProbe ? default : VirtualNetwork.GuestLinkLocal, HopLimit = hopLimit,
            Code = code,
        }).ToFrame());
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void SearchListFlagsAndPrefixOfNat64_AreTold()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Ipv6 = new Ipv6Settings
            {
                IsAlwaysRouter = true, IsManaged = true, HasOtherConfiguration = true,
                SearchList = new byte[] { 3, (byte)'l', (byte)'a', (byte)'n', 0 },
                Nat64Prefix = IpPrefix.Parse("64:ff9b::/96"),
            },
        });
        bench.Send(Solicitation.ToFrame());
        NeighborMessage told = Assert.IsType<NeighborMessage>(bench.TakeNeighbor());
        Assert.Equal(0x40c0_0708u, told.RestOfHeader);
        Assert.Equal([3, 0x6c, 0x61, 0x6e, 0], Assert.Single(told.OptionsOf(31))[6..11]);
        byte[] nat64 = Assert.Single(told.OptionsOf(38));
        Assert.Equal([7, 0x08, 0, 0x64, 0xff, 0x9b], nat64[..6]);
    }

    [Fact]
    public void Port_Opened_HearsOfTheRouter()
    {
        RecordingPort port = new(7);
        _bench.Stack.OnPortOpened(port, _bench.Clock.Now);
        NeighborMessage told = port.TakeAll()
            .Where(frame => EthernetFrame.IsIpv6(frame))
            .Select(frame => NeighborMessage.ParseFrame(frame)).Single();
        Assert.Equal((134, VirtualNetwork.AllNodes), (told.Type, told.To));
    }

    [Fact]
    public void HostRoute_ThatComesAndGoes_IsToldThreeTimes()
    {
        RecordingPort second = _bench.Open(2);
        _bench.Stack.Router.SetHostRoute(hostHasRoute: true, _bench.Clock.Now);
        _bench.Stack.Router.SetHostRoute(hostHasRoute: true, _bench.Clock.Now);
        _bench.Wait(Duration.FromSeconds(60));
        Assert.Equal([1800, 1800, 1800], Lifetimes(second));
        Assert.Equal(3, Lifetimes(_bench.Port).Length);
        _bench.Stack.Router.SetHostRoute(hostHasRoute: false, _bench.Clock.Now);
        Assert.Equal([0], Lifetimes(second));
        _bench.Wait(Duration.FromSeconds(60));
        Assert.Equal([0, 0], Lifetimes(second));
    }

    [Fact]
    public void Router_IsToldEverySoOften()
    {
        _bench.Wait(Duration.FromSeconds(3_600));
        Assert.InRange(Lifetimes(_bench.Port).Length, 3, 20);
        _bench.Stack.OnPortClosed(_bench.Port, _bench.Clock.Now);
        _bench.Wait(Duration.FromSeconds(3_600));
        RecordingPort again = _bench.Open(3);
        _bench.Wait(Duration.FromSeconds(3_600));
        Assert.InRange(Lifetimes(again).Length, 3, 20);
    }

    private static int[] Lifetimes(RecordingPort port) =>
        [.. port.TakeAll().Select(
            frame => (int)(ushort)NeighborMessage.ParseFrame(frame).RestOfHeader)];
}
