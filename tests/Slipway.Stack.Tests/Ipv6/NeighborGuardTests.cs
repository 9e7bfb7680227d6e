using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>What a guest may tell others of addresses, and what never reaches them.</summary>
public class NeighborGuardTests
{
    private const uint Override = 0x2000_0000;

    private readonly StackBench _bench = new(VirtualNetwork.Settings6);
    private readonly RecordingPort _second;

    public NeighborGuardTests() => _second = _bench.Open(2);

    private static NeighborMessage Claim => new()
    {
        Type = 136, Target = VirtualNetwork.Gateway6, Destination = VirtualNetwork.AllNodes,
        RestOfHeader = Override, LinkLayer = VirtualNetwork.GuestMac,
    };

    [Theory]
    [InlineData("fd5a:94ef:e40c::1")]
    [InlineData("fd5a:94ef:e40c::fe")]
    [InlineData("fe80::5894:efff:fee4:cdd")]
    public void Claim_OfTheEnginesAddress_IsDroppedCountedAndAnswered(string address)
    {
        IpAddress target = IpAddress.Parse(address);
        _bench.Send((Claim with { Target = target }).ToFrame());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
        NeighborMessage[] heard = TakeAll(_second);
        Assert.All(heard, answer => Assert.Equal(
            ((byte)136, VirtualNetwork.GatewayMac, VirtualNetwork.GatewayMac),
            (answer.Type, answer.SourceMac, answer.LinkLayer)));
        Assert.Contains(heard, answer => answer.Target == target);
        Assert.Equal(3, heard.Length);
    }

    [Fact]
    public void Claims_InAFlood_AreAnsweredOnceASecond()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _bench.Send(Claim.ToFrame());
        }

        Assert.Equal(3, _second.TakeAll().Length);
        _bench.Wait(Duration.FromSeconds(1));
        _bench.Send(Claim.ToFrame());
        Assert.Equal(3, _second.TakeAll().Length);
    }

    public static TheoryData<string> Disguises =>
    [
        "none", "unicast", "mapped source", "source of the gateway", "options", "many headers",
        "many options", "unknown option", "segments left", "first fragment", "second fragment",
        "fragment behind options", "atomic fragment", "false length",
    ];

    [Theory]
    [MemberData(nameof(Disguises))]
    public void Claim_InAnyDisguise_ReachesNoGuest(string disguise) =>
        AssertNotFlooded(Claim, disguise);

    [Theory]
    [MemberData(nameof(Disguises))]
    public void RouterAdvertisement_InAnyDisguise_ReachesNoGuest(string disguise)
    {
        // RFC 7113: what hid from the guards of switches.
        AssertNotFlooded(
            new NeighborMessage
            {
                Type = 134, Source = VirtualNetwork.GuestLinkLocal,
                Destination = VirtualNetwork.AllNodes, RestOfHeader = 0x4000_0708,
                Timers = new byte[8],
            },
            disguise);
    }

    [Fact]
    public void Redirect_OfAGuest_ReachesNoGuest()
    {
        AssertNotFlooded(
            new NeighborMessage
            {
                Type = 137, Destination = StackBench.OtherGuest6,
                DestinationMac = StackBench.OtherMac,
            },
            "none");
        Assert.Equal(1, _bench.Dropped(DropReason.RouterGuard));
    }

    [Fact]
    public void Packets_BetweenGuests_ArePassedOn()
    {
        _bench.Introduce6(_second, StackBench.OtherMac, StackBench.OtherGuest6);
        Datagram datagram = new()
        {
            Source = VirtualNetwork.GuestEndpoint6, Destination = new(StackBench.OtherGuest6, 9),
            Payload = new byte[1_000],
        };
        Ipv6Packet[] packets =
        [
            datagram.ToPacket6(), .. datagram.ToPacket6().Fragment(504),
            datagram.ToPacket6() with
            {
                Extensions = [(IpProtocol.DestinationOptions, [0, 0, 0xbe, 4, 0, 0, 0, 0])],
            },
            (IcmpPacket.EchoRequest6(1, 1, []) with { Destination = StackBench.OtherGuest6 })
                .ToPacket6(),
        ];
        foreach (Ipv6Packet packet in packets)
        {
            byte[] frame = (packet.ToEthernet() with { Destination = StackBench.OtherMac })
                .ToBytes();
            _bench.Send(frame);
            Assert.Equal(frame, _second.Take());
        }
    }

    [Theory]
    [InlineData(135)]
    [InlineData(136)]
    public void Message_ThatNamesAnotherMacThanItsSenders_ReachesNoGuest(byte type)
    {
        _bench.Send((Claim with
        {
            Type = type, Target = VirtualNetwork.Guest6, LinkLayer = StackBench.OtherMac,
        }).ToFrame());
        Assert.Null(_second.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedMac));
    }

    [Theory]
    [InlineData(135)]
    [InlineData(136)]
    public void Message_OfAnotherGuestsAddress_ReachesNoGuest(byte type)
    {
        _bench.Introduce6(_second, StackBench.OtherMac, StackBench.OtherGuest6);
        RecordingPort third = _bench.Open(3);
        _bench.Port.TakeAll();
        _bench.Send((Claim with
        {
            Type = type, Target = StackBench.OtherGuest6,
            Source = type == 136 ? VirtualNetwork.Guest6 : StackBench.OtherGuest6,
        }).ToFrame());
        Assert.Null(third.Take());
        Assert.True(_bench.Dropped(DropReason.SpoofedAddress) > 0);

        // The holder is asked whether it lives (Tenure).
        NeighborMessage asked = Assert.IsType<NeighborMessage>(_bench.TakeNeighbor(_second));
        Assert.Equal((135, StackBench.OtherGuest6), (asked.Type, asked.Target));
        Assert.Equal(StackBench.OtherMac, RouteTo(StackBench.OtherGuest6).Mac);
    }

    [Fact]
    public void Advertisement_FromAnothersMac_DoesNotMoveItsAddress()
    {
        _bench.Introduce6(_second, StackBench.OtherMac, StackBench.OtherGuest6);
        _bench.Send((Claim with
        {
            SourceMac = StackBench.OtherMac, LinkLayer = StackBench.OtherMac,
            Source = StackBench.OtherGuest6, Target = StackBench.OtherGuest6,
        }).ToFrame());
        Assert.Same(_second, RouteTo(StackBench.OtherGuest6).Port);
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedMac));
    }

    [Fact]
    public void Addresses_OfOneGuest_DoNotDriveOutAnothers()
    {
        // A prefix of 64 bits has more addresses than any table.
        StackBench bench = new(VirtualNetwork.Settings6 with
        {
            Limits = new StackLimits { Neighbors = 50 },
        });
        RecordingPort second = bench.Open(2);
        bench.Introduce6(second, StackBench.OtherMac, StackBench.OtherGuest6);
        for (ulong i = 0; i < 200; i++)
        {
            bench.Introduce6(address: new IpAddress(VirtualNetwork.Guest6.High, 0x1000 + i));
        }

        Assert.Equal(25, bench.Stack.Neighbors.Count);
        Assert.True(bench.Stack.Neighbors.TryFind(StackBench.OtherGuest6, out GuestRoute route));
        Assert.Same(second, route.Port);
        bench.Introduce6(address: StackBench.OtherGuest6);
        Assert.True(bench.Stack.Neighbors.TryFind(StackBench.OtherGuest6, out route));
        Assert.Same(second, route.Port);
    }

    [Fact]
    public void Macs_OfOneGuest_DoNotDriveOutAnothers()
    {
        StackBench bench = new(VirtualNetwork.Settings6 with
        {
            Limits = new StackLimits { SwitchAddresses = 50 },
        });
        RecordingPort second = bench.Open(2);
        bench.Introduce6(second, StackBench.OtherMac, StackBench.OtherGuest6);
        for (uint i = 0; i < 200; i++)
        {
            bench.Introduce6(mac: new MacAddress(0x0200_1000_0000ul + i));
        }

        bench.Introduce6(mac: StackBench.OtherMac, address: StackBench.OtherGuest6);
        Assert.True(bench.Stack.Neighbors.TryFind(StackBench.OtherGuest6, out GuestRoute route));
        Assert.Same(second, route.Port);
        Assert.Equal(25, bench.Stack.StationCount);
    }

    private GuestRoute RouteTo(IpAddress guest)
    {
        Assert.True(_bench.Stack.Neighbors.TryFind(guest, out GuestRoute route));
        return route;
    }

    private NeighborMessage[] TakeAll(RecordingPort port) =>
        [.. port.TakeAll().Select(frame => NeighborMessage.ParseFrame(frame))];

    private void AssertNotFlooded(NeighborMessage message, string disguise)
    {
        const IpProtocol options = IpProtocol.DestinationOptions;
        Ipv6Packet packet = message.ToPacket();
        Ipv6Packet behind = packet with
        {
            Protocol = options, Payload = [58, 0, 1, 4, 0, 0, 0, 0, .. packet.Payload],
        };
        byte[][] frames = disguise switch
        {
            "unicast" => [(message with
            {
                DestinationMac = StackBench.OtherMac, Destination = StackBench.OtherGuest6,
            }).ToFrame()],
            "mapped source" => [message.ToFrame(
                (message with { Source = IpAddress.Parse("192.168.127.9") }).ToPacket())],
            "source of the gateway" =>
                [(message with { Source = VirtualNetwork.GatewayLinkLocal }).ToFrame()],
            "options" => [With((options, new byte[8]))],
            "many headers" => [With([.. Enumerable.Repeat((options, new byte[8]), 12)])],
            "many options" => [With((options, [0, 3, .. Enumerable.Repeat(0x1e, 15)
                .SelectMany(type => new byte[] { (byte)type, 0 })]))],
            "unknown option" => [With((options, [0, 0, 0xde, 4, 0, 0, 0, 0]))],
            "segments left" => [With((IpProtocol.Routing, [0, 0, 4, 1, 0, 0, 0, 0]))],
            "first fragment" => [message.ToFrame(packet.Fragment(24)[0])],
            "second fragment" => [.. packet.Fragment(8).Select(message.ToFrame)],
            "fragment behind options" => [.. behind.Fragment(8).Select(message.ToFrame)],
            "atomic fragment" => [message.ToFrame(packet with { HasFragmentHeader = true })],
            "false length" => [message.ToFrame(packet with { LyingLength = 1_400 })],
            _ => [message.ToFrame()],
        };
        Array.ForEach(frames, frame => _bench.Send(frame));
        byte[][] passed = _second.TakeAll();
        Assert.DoesNotContain(
            passed, frame => EthernetFrame.Parse(frame).Source != VirtualNetwork.GatewayMac
                && Ipv6Packet.ParseQuote(EthernetFrame.Parse(frame).Payload)
                    is not { FragmentOffsetBytes: > 0 });

        byte[] With(params (IpProtocol Kind, byte[] Bytes)[] extensions) =>
            message.ToFrame(packet with { Extensions = extensions });
    }
}
