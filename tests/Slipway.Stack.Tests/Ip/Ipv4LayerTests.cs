using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ip;

public class Ipv4LayerTests
{
    private readonly StackBench _bench = new();

    private static Ipv4Packet Ping => (IcmpPacket.EchoRequest(1, 1, [1, 2, 3]) with
    {
        Destination = VirtualNetwork.Gateway,
    }).ToPacket();

    [Fact]
    public void Options_OfAPacket_AreSkipped()
    {
        _bench.Send(Ping with { Options = [0x94, 4, 0, 0, 1, 1, 1, 0] });
        Assert.Equal(0, _bench.TakeIcmp().Must().Type);
    }

    [Theory]
    [InlineData("192.168.127.1")]
    [InlineData("192.168.127.254")]
    [InlineData("192.168.127.255")]
    [InlineData("192.168.127.0")]
    [InlineData("10.0.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    public void Source_ThatIsNoGuests_IsDroppedAndCounted(string source)
    {
        _bench.Send(Ping with { Source = IpAddress.Parse(source) });
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
        Assert.Equal(0, _bench.Stack.Neighbors.Count);
    }

    [Fact]
    public void Datagram_OfPortAndAddressZero_IsDropped()
    {
        // CVE-2014-3640.
        _bench.Send(new Datagram
        {
            Source = new IpEndpoint(IpAddress.IPv4Any, 0), Destination = new(VirtualNetwork.Far, 0),
        }.ToFrame());
        Assert.Equal(1, _bench.Dropped(DropReason.SpoofedAddress));
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.1.2.3")]
    [InlineData("224.0.0.251")]
    [InlineData("239.255.255.250")]
    [InlineData("255.255.255.255")]
    [InlineData("192.168.127.255")]
    public void Destination_MartianOrGroup_IsDroppedSilently(string destination)
    {
        _bench.Send(new Datagram { Destination = new(IpAddress.Parse(destination), 9) }.ToFrame());
        _bench.Send(Ping with { Destination = IpAddress.Parse(destination) });
        Assert.Null(_bench.Port.Take());
        Assert.Equal(2, _bench.Dropped(DropReason.Unroutable));
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Fact]
    public void Destination_InClassE_IsNetworkUnreachable()
    {
        Datagram datagram = new() { Destination = new(IpAddress.Parse("240.0.0.1"), 9) };
        _bench.Send(datagram.ToFrame());
        _bench.TakeIcmp().Must(
            Expect.Icmp(3, 0),
            Expect.Quotes(datagram.Source, datagram.Destination, IpProtocol.Udp));
    }

    [Fact]
    public void Destination_OfAnotherGuestByTheGateway_IsHostUnreachable()
    {
        _bench.Send(Ping with { Destination = StackBench.OtherGuest });
        _bench.TakeIcmp().Must(Expect.Icmp(3, 1));
        Assert.Equal(1, _bench.Dropped(DropReason.Unroutable));
    }

    [Fact]
    public void Alias_SwitchedOff_IsUnreachable()
    {
        StackBench bench = new(VirtualNetwork.Settings with { HostAlias = null });
        bench.Send((new Datagram { Destination = new(VirtualNetwork.HostAlias, 53) }).ToFrame());
        bench.TakeIcmp().Must(Expect.Icmp(3, 1));
        Assert.Equal(0, bench.Host.OpenSockets);
    }

    [Fact]
    public void Ttl_UsedUpOnTheWayOut_IsTimeExceededFromTheGateway()
    {
        Datagram datagram = new();
        _bench.Send(datagram.ToPacket() with { Ttl = 1 });
        IcmpPacket error = _bench.TakeIcmp().Must(
            Expect.Icmp(11, 0),
            Expect.Quotes(datagram.Source, datagram.Destination, IpProtocol.Udp));
        Assert.Equal(VirtualNetwork.Gateway, error.Source);
        Assert.Equal(0, _bench.Host.OpenSockets);
    }

    [Fact]
    public void Ttl_OfOneToTheGateway_IsDelivered()
    {
        _bench.Send(Ping with { Ttl = 1 });
        Assert.Equal(0, _bench.TakeIcmp().Must().Type);
    }

    [Fact]
    public void Ttl_OfZero_IsDropped()
    {
        _bench.Send(Ping with { Ttl = 0 });
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.Field));
    }

    [Theory]
    [InlineData(47, "198.51.100.7")]
    [InlineData(132, "192.168.127.1")]
    public void Protocol_ThatIsNotCarried_IsUnreachable(int protocol, string destination)
    {
        _bench.Send(Ping with
        {
            Protocol = (IpProtocol)protocol, Destination = IpAddress.Parse(destination),
        });
        _bench.TakeIcmp().Must(Expect.Icmp(3, 2));
        Assert.Equal(1, _bench.Dropped(DropReason.Protocol));
    }

    [Fact]
    public void Igmp_ToItsGroup_IsDroppedSilently()
    {
        _bench.Send(Ping with
        {
            Protocol = IpProtocol.Igmp, Destination = IpAddress.Parse("224.0.0.22"), Ttl = 1,
        });
        Assert.Null(_bench.Port.Take());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    public void Packet_WithALengthAboveTheFrames_IsDroppedWithoutAQuote(byte ttl)
    {
        // CVE-2026-120830: an error must not quote what did not arrive; nor must that of a port
        // where nobody listens.
        byte[] frame = (new Datagram
        {
            Destination = new(VirtualNetwork.Gateway, 9), Payload = new byte[20],
        }.ToPacket() with { Ttl = ttl }).ToFrame();
        frame[16] = 0x40;
        frame[24] = frame[25] = 0;
        ushort checksum = InternetChecksum.Compute(frame.AsSpan(14, 20));
        (frame[24], frame[25]) = ((byte)(checksum >> 8), (byte)checksum);
        _bench.Send(frame);
        Assert.Null(_bench.Port.Take());
        Assert.Equal(1, _bench.Counters.Malformeds(ParseError.TotalLength));
    }

    [Fact]
    public void Frame_WithPadding_IsQuotedWithoutIt()
    {
        byte[] frame = [
            .. (new Datagram { Payload = [1] }.ToPacket() with { Ttl = 1 }).ToFrame(),
            .. new byte[17]];
        _bench.Send(frame);
        Assert.Equal(29, _bench.TakeIcmp().Must(Expect.Icmp(11, 0)).Body.Length);
    }

    [Fact]
    public void Frames_OfRandomBytes_HarmNothing()
    {
        Random random = new(11);
        byte[] good = Ping.ToFrame();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] frame = [.. good[..random.Next(good.Length + 1)], .. new byte[random.Next(40)]];
            for (int flips = random.Next(4); flips > 0 && frame.Length > 14; flips--)
            {
                frame[random.Next(14, frame.Length)] = (byte)random.Next(256);
            }

            _bench.Send(frame);
        }

        _bench.Port.TakeAll();
        _bench.Wait(Duration.FromSeconds(60));
        _bench.Port.TakeAll();
        _bench.Send(Ping);
        Assert.Equal(0, _bench.TakeIcmp().Must().Type);
    }
}
