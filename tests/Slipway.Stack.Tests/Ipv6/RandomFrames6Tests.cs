using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Ipv6;

/// <summary>Frames that were good, and are not quite any more.</summary>
public class RandomFrames6Tests
{
    private static readonly IpProtocol[] Kinds =
    [
        IpProtocol.HopByHop, IpProtocol.Routing, IpProtocol.DestinationOptions,
        IpProtocol.Fragment,
    ];

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Frames_OfRandomBytes_HarmNothingAndAreAnsweredWell(int seed)
    {
        Random random = new(seed);
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Ipv6 = new Ipv6Settings { Nat64Prefix = IpPrefix.Parse("64:ff9b::/96") },
        });
        RecordingPort second = bench.Open(2);
        bench.Host.ServeUdp(new IpEndpoint(VirtualNetwork.Far6, 53));
        bench.Host.Serve(VirtualNetwork.FarEndpoint6);
        Func<Ipv6Packet>[] makers = Makers(random);
        for (int i = 0; i < 10_000; i++)
        {
            Ipv6Packet packet = makers[random.Next(makers.Length)]();
            foreach (Ipv6Packet piece in Vary(packet, random))
            {
                bench.Send(Spoil(piece, random), random.Next(8) == 0 ? second : bench.Port);
            }

            CheckAll(bench.Port);
            second.TakeAll();
        }

        bench.Wait(Duration.FromSeconds(90));
        CheckAll(bench.Port);
        second.TakeAll();
        bench.Send(IcmpPacket.EchoRequest6(1, 1, [7]).ToFrame());
        Assert.Contains(
            bench.Port.TakeAll(), frame => IcmpPacket.ParseFrame(frame).Body is [7]);
        Assert.InRange(bench.Stack.ReassemblyCount, 0, 64);
    }

    private static void CheckAll(RecordingPort port)
    {
        foreach (byte[] frame in port.TakeAll())
        {
            // What the switch passes on of the other port is as its sender made it.
            if (EthernetFrame.Parse(frame).Source == VirtualNetwork.GatewayMac)
            {
                FrameCheck.MustBeWellFormed(frame);
            }
        }
    }

    private static Func<Ipv6Packet>[] Makers(Random random)
    {
        IpAddress[] destinations =
        [
            VirtualNetwork.Gateway6, VirtualNetwork.HostAlias6, VirtualNetwork.GatewayLinkLocal,
            VirtualNetwork.Far6, VirtualNetwork.AllNodes, StackBench.OtherGuest6,
            IpAddress.Parse("64:ff9b::198.51.100.7"), IpAddress.Parse("ff02::1:2"),
        ];
        IpAddress To() => destinations[random.Next(destinations.Length)];
        return
        [
            () => (IcmpPacket.EchoRequest6(1, 1, new byte[random.Next(2_000)]) with
            {
                Destination = To(),
            }).ToPacket6(),
            () => new Datagram
            {
                Source = VirtualNetwork.GuestEndpoint6, Destination = new(To(), 53),
                Payload = new byte[random.Next(2_000)],
            }.ToPacket6(),
            () => new Segment
            {
                Source = VirtualNetwork.GuestEndpoint6, Destination = new(To(), 80),
                Flags = (TcpFlags)random.Next(64), Payload = new byte[random.Next(20)],
            }.ToPacket6(),
            () => new NeighborMessage
            {
                Type = (byte)random.Next(130, 144), Target = To(), Destination = To(),
                Options = [.. Bytes(random, 8 * random.Next(4))],
            }.ToPacket(),
            () => (new IcmpPacket
            {
                Source = VirtualNetwork.Guest6, Destination = To(), Type = (byte)random.Next(5),
                RestOfHeader = (uint)random.Next(),
                Body = new Segment
                {
                    Source = VirtualNetwork.FarEndpoint6,
                    Destination = VirtualNetwork.GuestEndpoint6,
                }.ToPacket6().ToBytes(),
            }).ToPacket6(),
        ];
    }

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    // Headers before it, and fragments of it, in any order and not all.
    private static IEnumerable<Ipv6Packet> Vary(Ipv6Packet packet, Random random)
    {
        int headers = random.Next(4) == 0 ? random.Next(10) : 0;
        Ipv6Packet varied = packet with
        {
            Extensions = [.. Enumerable.Range(0, headers).Select(_ => (
                Kinds[random.Next(Kinds.Length)],
                random.Next(2) == 0 ? new byte[8]
                    : (byte[])[0, (byte)random.Next(3), .. Bytes(random, 22)]))],
            Identification = (uint)random.Next(3),
            HopLimit = random.Next(6) == 0 ? (byte)random.Next(3) : packet.HopLimit,
        };
        if (packet.Payload.Length < 1_200 && random.Next(3) > 0)
        {
            return [varied];
        }

        Ipv6Packet[] pieces = varied.Fragment(8 * random.Next(1, 150));
        random.Shuffle(pieces);
        return pieces.Take(random.Next(3) == 0 ? random.Next(pieces.Length + 1) : pieces.Length);
    }

    private static byte[] Spoil(Ipv6Packet packet, Random random)
    {
        byte[] frame = (packet.ToEthernet() with
        {
            Destination = packet.Destination.IsMulticast
                ? NeighborMessage.MacOf(packet.Destination) : VirtualNetwork.GatewayMac,
        }).ToBytes();
        for (int flips = random.Next(6) - 3; flips > 0; flips--)
        {
            frame[random.Next(14, frame.Length)] = (byte)random.Next(256);
        }

        int length = random.Next(10) == 0 ? random.Next(15, frame.Length) : frame.Length;
        return frame[..length];
    }
}
