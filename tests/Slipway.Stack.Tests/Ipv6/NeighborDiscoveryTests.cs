using Slipway.Stack.Tests.Udp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

public class NeighborDiscoveryTests
{
    private const uint Solicited = 0x4000_0000;
    private const uint Override = 0x2000_0000;
    private const uint Router = 0x8000_0000;

    private readonly StackBench _bench = new(VirtualNetwork.Settings6);
    private readonly RecordingPort _second;

    public NeighborDiscoveryTests() => _second = _bench.Open(2);

    [Theory]
    [InlineData("fd5a:94ef:e40c::1", true, false)]
    [InlineData("fd5a:94ef:e40c::1", true, true)]
    [InlineData("fd5a:94ef:e40c::fe", false, false)]
    [InlineData("fd5a:94ef:e40c::fe", false, true)]
    [InlineData("fe80::5894:efff:fee4:cdd", true, false)]
    [InlineData("fe80::5894:efff:fee4:cdd", true, true)]
    public void Solicitation_ForAnAddressOfTheEngine_IsAnswered(
        string address, bool isRouter, bool isUnicast)
    {
        IpAddress target = IpAddress.Parse(address);
        _bench.Send(new NeighborMessage
        {
            Target = target, LinkLayer = VirtualNetwork.GuestMac,
            Destination = isUnicast ? target : null,
        }.ToFrame());
        NeighborMessage answer = Assert.IsType<NeighborMessage>(_bench.TakeNeighbor());
        Assert.Equal((136, target, target), (answer.Type, answer.Target, answer.Source));
        Assert.Equal((VirtualNetwork.Guest6, VirtualNetwork.GuestMac),
            (answer.To, answer.DestinationMac));
        Assert.Equal((VirtualNetwork.GatewayMac, VirtualNetwork.GatewayMac),
            (answer.SourceMac, answer.LinkLayer));
        Assert.Equal(Solicited | Override | (isRouter ? Router : 0), answer.RestOfHeader);
        Assert.Equal(1, _bench.Stack.Neighbors.Count);
    }

    [Fact]
    public void Solicitation_ForAnotherGuest_IsFloodedAndNotAnswered()
    {
        byte[] frame = new NeighborMessage { Target = StackBench.OtherGuest6 }.ToFrame();
        _bench.Send(frame);
        Assert.Null(_bench.Port.Take());
        Assert.Equal(frame, _second.Take());
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c::1")]
    [InlineData("fd5a:94ef:e40c::fe")]
    [InlineData("fe80::5894:efff:fee4:cdd")]
    public void Probe_ForAnAddressOfTheEngine_IsAnsweredToAllNodes(string address)
    {
        // RFC 4862 section 5.4.4: who is choosing has no address to be answered at.
        IpAddress target = IpAddress.Parse(address);
        _bench.Send(new NeighborMessage { Source = default, Target = target }.ToFrame());
        NeighborMessage answer = Assert.IsType<NeighborMessage>(_bench.TakeNeighbor());
        Assert.Equal((136, target, VirtualNetwork.AllNodes),
            (answer.Type, answer.Target, answer.To));
        Assert.Equal(new MacAddress(0x3333_0000_0001), answer.DestinationMac);
        Assert.Equal(0u, answer.RestOfHeader & Solicited);
        Assert.Equal(0, _bench.Stack.Neighbors.Count);
    }

    [Fact]
    public void Alias_SwitchedOff_IsNotAnswered()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Ipv6 = new Ipv6Settings { HostAlias = null },
        });
        bench.Send(new NeighborMessage { Target = VirtualNetwork.HostAlias6 }.ToFrame());
        Assert.Null(bench.Port.Take());
    }

    public static TheoryData<string> Bad =>
    [
        "hop limit", "code", "checksum", "probe with MAC", "probe to all", "probe to the gateway",
        "option of length 0", "option past the end", "short", "atomic fragment", "group target",
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public void Solicitation_ThatIsNotValid_IsNotAnswered(string fault)
    {
        NeighborMessage good = new();
        NeighborMessage probe = good with { Source = default };
        byte[] frame = fault switch
        {
            "hop limit" => (good with { HopLimit = 254 }).ToFrame(),
            "code" => (good with { Code = 1 }).ToFrame(),
            "checksum" => (good with { BadChecksum = true }).ToFrame(),
            "probe with MAC" => (probe with { LinkLayer = VirtualNetwork.GuestMac }).ToFrame(),
            "probe to all" => (probe with { Destination = VirtualNetwork.AllNodes }).ToFrame(),
            "probe to the gateway" =>
                (probe with { Destination = VirtualNetwork.Gateway6 }).ToFrame(),
            "option of length 0" => (good with { Options = [1, 0, 0, 0, 0, 0, 0, 0] }).ToFrame(),
            "option past the end" => (good with { Options = [1, 2, 0, 0, 0, 0, 0, 0] }).ToFrame(),
            "short" => new IcmpPacket
            {
                Source = VirtualNetwork.Guest6, Destination = VirtualNetwork.Gateway6, Type = 135,
                Body = new byte[15],
            }.ToFrame(),
            "atomic fragment" => good.ToFrame(good.ToPacket() with { HasFragmentHeader = true }),
            _ => (good with { Target = VirtualNetwork.AllNodes }).ToFrame(),
        };
        _bench.Send(frame);
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Solicitation_InFragments_IsNotAnswered()
    {
        // RFC 6980.
        NeighborMessage good = new() { LinkLayer = VirtualNetwork.GuestMac };
        foreach (Ipv6Packet piece in good.ToPacket().Fragment(16))
        {
            _bench.Send(good.ToFrame(piece));
        }

        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Guest_Unknown_IsAskedForByItsGroupOnAllPorts()
    {
        IpEndpoint local = new(IpAddress.IPv6Loopback, 5_000);
        _bench.Publish(local, new(VirtualNetwork.Guest6, 53), out _);
        _bench.Host.SendToHost(new(VirtualNetwork.Far6, 9), local, [1]);
        _bench.Turn();
        foreach (RecordingPort port in new[] { _bench.Port, _second })
        {
            NeighborMessage asked = Assert.IsType<NeighborMessage>(_bench.TakeNeighbor(port));
            Assert.Equal((135, VirtualNetwork.Guest6, VirtualNetwork.Gateway6),
                (asked.Type, asked.Target, asked.Source));
            Assert.Equal(NeighborMessage.GroupOf(VirtualNetwork.Guest6), asked.To);
            Assert.Equal(NeighborMessage.MacOf(asked.To), asked.DestinationMac);
            Assert.Equal(VirtualNetwork.GatewayMac, asked.LinkLayer);
        }

        _bench.Send(new NeighborMessage
        {
            Type = 136, Target = VirtualNetwork.Guest6, Destination = VirtualNetwork.Gateway6,
            RestOfHeader = Solicited | Override, LinkLayer = VirtualNetwork.GuestMac,
        }.ToFrame());
        Datagram passed = _bench.TakeDatagram().Must();
        Assert.Equal(VirtualNetwork.Gateway6, passed.Source.Address);
        Assert.Equal(new IpEndpoint(VirtualNetwork.Guest6, 53), passed.Destination);
    }
}
