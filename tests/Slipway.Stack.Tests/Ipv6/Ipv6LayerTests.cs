using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

public class Ipv6LayerTests
{
    private readonly StackBench _bench = new(VirtualNetwork.Settings6);

    private static Ipv6Packet Ping => IcmpPacket.EchoRequest6(1, 1, [1, 2, 3]).ToPacket6();

    private static Datagram Query => new()
    {
        Source = VirtualNetwork.GuestEndpoint6, Destination = new(VirtualNetwork.Far6, 53),
    };

    [Theory]
    [InlineData("fd5a:94ef:e40c::1")]
    [InlineData("fd5a:94ef:e40c::fe")]
    [InlineData("fe80::5894:efff:fee4:cdd")]
    [InlineData("fd5a:94ef:e40c::")]
    [InlineData("2001:db8::1")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::192.168.127.2")]
    [InlineData("64:ff9b::192.168.127.2")]
    public void Source_ThatIsNoGuests_IsDroppedAndCounted(string source)
    {
        _bench.Send((IcmpPacket.EchoRequest6(1, 1, []) with { Source = IpAddress.Parse(source) })
            .ToFrame());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
        Assert.Equal(0, _bench.Stack.Neighbors.Count);
    }

    [Theory]
    [InlineData("::ffff:192.168.127.2", "fd5a:94ef:e40c::1", ParseError.AddressType)]
    [InlineData("fd5a:94ef:e40c::2", "::ffff:192.168.127.1", ParseError.AddressType)]
    [InlineData("fd5a:94ef:e40c::2", "::ffff:127.0.0.1", ParseError.AddressType)]
    [InlineData("ff02::1", "fd5a:94ef:e40c::1", ParseError.Field)]
    public void Address_ThatHasNoBusinessThere_IsMalformed(
        string source, string destination, ParseError error)
    {
        _bench.Send(Ping with
        {
            Source = IpAddress.Parse(source), Destination = IpAddress.Parse(destination),
        });
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(error));
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::127.0.0.1")]
    [InlineData("ff02::fb")]
    [InlineData("ff0e::1234")]
    [InlineData("ff01::1")]
    public void Destination_MartianOrForeignGroup_IsDroppedSilently(string destination)
    {
        IpAddress to = IpAddress.Parse(destination);
        _bench.Send((Query with { Destination = new(to, 9) }).ToFrame());
        _bench.Send((IcmpPacket.EchoRequest6(1, 1, []) with { Destination = to }).ToFrame());
        _bench.Send(new Segment
        {
            Source = VirtualNetwork.GuestEndpoint6, Destination = new(to, 80),
            Flags = TcpFlags.Syn,
        }.ToFrame());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(3, _bench.Dropped(DropReason.Unroutable));
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c::3", 3)]
    [InlineData("fe80::3", 3)]
    [InlineData("::ffff:0:192.0.2.1", null)]
    public void Destination_OnTheLink_IsAddressUnreachable(string destination, int? code)
    {
        Datagram datagram = Query with { Destination = new(IpAddress.Parse(destination), 9) };
        _bench.Send(datagram.ToFrame());
        if (code is int told)
        {
            IcmpPacket error = _bench.TakeIcmp().Must(
                Expect.Icmp(1, (byte)told),
                Expect.Quotes(datagram.Source, datagram.Destination, IpProtocol.Udp));
            Assert.Equal(VirtualNetwork.Gateway6, error.Source);
        }
    }

    [Fact]
    public void Alias_SwitchedOff_IsUnreachable()
    {
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Ipv6 = new Ipv6Settings { HostAlias = null },
        });
        bench.Send((Query with { Destination = new(VirtualNetwork.HostAlias6, 53) }).ToFrame());
        bench.TakeIcmp().Must(Expect.Icmp(1, 3));
        Assert.Equal(0, bench.Host.OpenSockets);
    }

    [Fact]
    public void Source_OfTheLink_DoesNotLeaveIt()
    {
        Datagram datagram = Query with { Source = new(VirtualNetwork.GuestLinkLocal, 1) };
        _bench.Send(datagram.ToFrame());
        IcmpPacket error = _bench.TakeIcmp().Must(Expect.Icmp(1, 2));
        Assert.Equal(VirtualNetwork.GatewayLinkLocal, error.Source);
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Fact]
    public void Packet_ToTheOutsideInAGroupsFrame_IsDroppedSilently()
    {
        _bench.Send((Query.ToPacket6().ToEthernet() with
        {
            Destination = new MacAddress(0x3333_0000_0001),
        }).ToBytes());
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.Unroutable));
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void HopLimit_UsedUpOnTheWayOut_IsTimeExceededFromTheGateway(byte hopLimit)
    {
        _bench.Send(Query.ToPacket6() with { HopLimit = hopLimit });
        IcmpPacket error = _bench.TakeIcmp().Must(
            Expect.Icmp(3, 0),
            Expect.Quotes(Query.Source, Query.Destination, IpProtocol.Udp));
        Assert.Equal(VirtualNetwork.Gateway6, error.Source);
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void HopLimit_UsedUpAtTheGateway_IsDelivered(byte hopLimit)
    {
        // RFC 8200 section 3: the destination should not mind.
        _bench.Send(Ping with { HopLimit = hopLimit });
        Assert.Equal(129, _bench.TakeIcmp().Must().Type);
    }

    [Theory]
    [InlineData(47, "2001:db8::7")]
    [InlineData(132, "fd5a:94ef:e40c::1")]
    [InlineData(59, "fd5a:94ef:e40c::1")]
    [InlineData(4, "fd5a:94ef:e40c::1")]
    [InlineData(1, "fd5a:94ef:e40c::1")]
    public void Protocol_ThatIsNotCarried_IsAParameterProblemWhereItIsNamed(
        int protocol, string destination)
    {
        Ipv6Packet packet = Ping with
        {
            Protocol = (IpProtocol)protocol, Destination = IpAddress.Parse(destination),
        };
        _bench.Send(packet);
        Assert.Equal(6u, _bench.TakeIcmp().Must(Expect.Icmp(4, 1)).RestOfHeader);
        _bench.Send(packet with { Extensions = [(IpProtocol.DestinationOptions, new byte[8])] });
        Assert.Equal(40u, _bench.TakeIcmp().Must(Expect.Icmp(4, 1)).RestOfHeader);
        Assert.Equal(2, _bench.Dropped(DropReason.Protocol));
    }

    [Fact]
    public void Protocol_ToAGroup_IsDroppedSilently()
    {
        _bench.Send(Ping with { Protocol = (IpProtocol)47, Destination = VirtualNetwork.AllNodes });
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Icmpv6_InIpv4_IsNotAnswered()
    {
        _bench.Send(new Ipv4Packet
        {
            Destination = VirtualNetwork.Gateway, Protocol = IpProtocol.IcmpV6,
            Payload = IcmpPacket.EchoRequest6(1, 1, []).ToBytes(),
        });
        _bench.TakeIcmp().Must(Expect.Icmp(3, 2));
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Packet_OfALengthAboveTheFrames_IsDroppedAndCounted()
    {
        _bench.Send(Query.ToPacket6() with { LyingLength = 1_000, HopLimit = 1 });
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.TotalLength));
    }

    [Fact]
    public void Frame_WithPadding_IsQuotedWithoutIt()
    {
        byte[] frame = [.. (Query.ToPacket6() with { HopLimit = 1 }).ToFrame(), .. new byte[17]];
        _bench.Send(frame);
        Assert.Equal(48, _bench.TakeIcmp().Must(Expect.Icmp(3, 0)).Body.Length);
    }

    [Fact]
    public void Error_AboutALongPacket_FillsWhatEachLinkCarries()
    {
        Datagram datagram = Query with { Payload = new byte[1_400] };
        _bench.Send(datagram.ToPacket6() with { HopLimit = 1 });
        Assert.Equal(1280 - 48, _bench.TakeIcmp().Must(Expect.Icmp(3, 0)).Body.Length);
    }

    [Fact]
    public void Error_ToALinkThatCarriesLess_FitsIt()
    {
        _bench.Port.MtuBytes = 1_000;
        Datagram datagram = Query with { Payload = new byte[900] };
        foreach (Ipv6Packet packet in new[]
        {
            datagram.ToPacket6() with { HopLimit = 1 }, datagram.ToPacket6(),
        })
        {
            _bench.Send(packet);
            Assert.InRange(_bench.TakeIcmp().Must().Body.Length, 500, 1_000 - 48);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    [InlineData(137)]
    public void Error_AboutAnErrorOrARedirect_IsNotSent(byte type)
    {
        IcmpPacket message = new()
        {
            Source = VirtualNetwork.Guest6, Destination = StackBench.OtherGuest6, Type = type,
            Body = new byte[60],
        };
        _bench.Send(message.ToFrame());
        _bench.Send(message.ToPacket6() with
        {
            Destination = VirtualNetwork.Far6, HopLimit = 1,
        });

        // RFC 4443 section 2.4 e.1: also where the error stands behind what is wrong.
        _bench.Send(message.ToPacket6() with
        {
            Destination = VirtualNetwork.Gateway6,
            Extensions = [(IpProtocol.DestinationOptions, [0, 0, 0xbe, 4, 0, 0, 0, 0])],
        });
        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void Errors_OverTheirRate_AreDropped_WhateverAddressesTheGuestTakes()
    {
        StackBench bench = new(VirtualNetwork.Settings6 with
        {
            Limits = new StackLimits { IcmpErrorsPerSecond = 10 },
        });
        for (ulong i = 0; i < 100; i++)
        {
            IpAddress source = new(VirtualNetwork.Guest6.High, 0x1000 + i);
            bench.Send((Query with { Source = new(source, 1) }).ToPacket6() with { HopLimit = 1 });
        }

        Assert.Equal(10, bench.Port.TakeAll().Length);
        Assert.Equal(90, bench.Dropped(DropReason.IcmpRate));
        bench.Wait(Duration.FromMilliseconds(100));
        bench.Send(Query.ToPacket6() with { HopLimit = 1 });
        Assert.NotNull(bench.TakeIcmp());
    }

    [Fact]
    public void Ipv6_SwitchedOff_NothingIsAnswered()
    {
        StackBench bench = new();
        bench.Send(Ping);
        bench.Send(Query.ToPacket6() with { HopLimit = 1 });
        bench.Send(new NeighborMessage().ToFrame());
        bench.Send(new NeighborMessage { Type = 133 }.ToFrame());
        Assert.Null(bench.Port.Take());
        Assert.Equal(4, bench.Dropped(DropReason.EtherType));
        Assert.Equal(0, bench.Stack.Neighbors.Count);
        Assert.Equal(0, bench.Host.OpenSockets);
    }
}
