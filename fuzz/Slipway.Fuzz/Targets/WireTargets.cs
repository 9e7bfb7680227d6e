using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>Headers of packets: every property of what was accepted is read.</summary>
internal static class WireTargets
{
    private static readonly IpAddress Here = VirtualNetwork.Guest;
    private static readonly IpAddress There = VirtualNetwork.Far;

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("ethernet", Ethernet, [Segment(), new ArpFrame().ToFrame()]),
        new("arp", Arp, [new ArpFrame().ToFrame()[14..]]),
        new("ipv4", Ipv4, [Segment()[14..], Ping().ToBytes()]),
        new("ipv6", Ipv6, [Segment6(), Fragmented6(), WithOptions6()]),
        new("udp", Udp, [new Datagram { Payload = [1, 2, 3] }.ToPacket().Payload]),
        new("tcp", Tcp, [Segment()[34..], Synchronize()]),
        new("icmp", Icmp, [Ping().Payload, [3, 4, 0, 0, 0, 0, 5, 0xdc, .. Segment()[14..]]]),
        new("neighbor", Neighbor,
            [NeighborSeed(133), NeighborSeed(134), NeighborSeed(135), NeighborSeed(136)]),
        new("listener", Listener, [[143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, .. There6()]]),
        new("client-hello", Hello, [HelloSeed()]) { MaximumBytes = 20_000 },
        new("checksum", Checksum, [[1, 2, 3], new byte[65], Segment()]),
    ];

    private static void Ethernet(ReadOnlySpan<byte> input)
    {
        if (EthernetHeader.TryParse(input, out EthernetHeader header) == ParseError.None)
        {
            _ = (header.Source, header.Destination, header.EtherType);
            _ = header.Payload.Length;
        }
    }

    private static void Arp(ReadOnlySpan<byte> input)
    {
        if (ArpPacket.TryParse(input, out ArpPacket packet) == ParseError.None)
        {
            _ = (packet.Operation, packet.SenderProtocolAddress, packet.TargetProtocolAddress);
            _ = (packet.SenderHardwareAddress, packet.TargetHardwareAddress);
        }
    }

    private static void Ipv4(ReadOnlySpan<byte> input)
    {
        if (Ipv4Header.TryParse(Mended.Ipv4(input), out Ipv4Header header) == ParseError.None)
        {
            _ = (header.Source, header.Destination, header.Protocol, header.Payload.Length);
            _ = (header.IsFragment, header.FragmentOffsetBytes, header.MoreFragments);
            _ = header.Options.Length;
        }
    }

    private static void Ipv6(ReadOnlySpan<byte> input)
    {
        if (Ipv6Header.TryParse(input, out Ipv6Header header) != ParseError.None)
        {
            return;
        }

        _ = (header.Source, header.Destination, header.FlowLabel, header.TrafficClass);
        FuzzFaultException.If(
            header.Payload.Length > input.Length, "the payload is longer than the packet");
        Ipv6Extensions.FindUpperLayer(input, out ReadOnlySpan<byte> payload);
        _ = payload.Length;
    }

    private static void Udp(ReadOnlySpan<byte> input)
    {
        if (UdpHeader.TryParse(input, Here, There, out UdpHeader header, isChecksumOpen: true)
            == ParseError.None)
        {
            _ = (header.SourcePort, header.DestinationPort, header.Payload.Length);
        }
    }

    private static void Tcp(ReadOnlySpan<byte> input)
    {
        if (TcpHeader.TryParse(input, Here, There, out TcpHeader header, isChecksumOpen: true)
            != ParseError.None)
        {
            return;
        }

        _ = (header.Flags, header.Window, header.Payload.Length);
        if (TcpOptions.TryParse(header.Options, out TcpOptions options) != ParseError.None)
        {
            return;
        }

        for (int i = 0; i < options.SackBlockCount; i++)
        {
            _ = options.GetSackBlock(i);
        }

        // What was read can be written, and says the same again.
        Span<byte> written = stackalloc byte[40];
        int length = TcpOptions.Write(written, options);
        FuzzFaultException.If(
            TcpOptions.TryParse(written[..length], out TcpOptions again) != ParseError.None
                || again.MaximumSegmentSize != options.MaximumSegmentSize
                || again.WindowScale != options.WindowScale
                || again.SackPermitted != options.SackPermitted
                || again.HasTimestamps != options.HasTimestamps
                || again.TimestampValue != options.TimestampValue
                || again.SackBlockCount > options.SackBlockCount,
            "options that were written read otherwise");
        for (int i = 0; i < again.SackBlockCount; i++)
        {
            FuzzFaultException.If(
                again.GetSackBlock(i) != options.GetSackBlock(i), "a block reads otherwise");
        }
    }

    private static void Icmp(ReadOnlySpan<byte> input)
    {
        if (IcmpMessage.TryReadVerified(input, out IcmpMessage message) == ParseError.None)
        {
            _ = (message.Type, message.Code, message.Body.Length);
        }
    }

    private static void Neighbor(ReadOnlySpan<byte> input)
    {
        if (NeighborSolicitation.TryParse(input, out NeighborSolicitation asked)
            == ParseError.None)
        {
            _ = (asked.Target, asked.SourceLinkLayer);
        }

        if (NeighborAdvertisement.TryParse(input, out NeighborAdvertisement told)
            == ParseError.None)
        {
            _ = (told.Target, told.TargetLinkLayer, told.Flags);
        }

        _ = RouterSolicitation.TryParse(input, out _);
        if (RouterAdvertisement.TryParse(input, out RouterAdvertisement router)
            == ParseError.None)
        {
            NdpOptionReader options = router.Options;
            while (options.TryRead(out _, out ReadOnlySpan<byte> option))
            {
                FuzzFaultException.If(option.Length == 0, "an option has no length");
            }
        }
    }

    private static void Listener(ReadOnlySpan<byte> input)
    {
        if (MulticastListenerReport.TryParse(input, out MulticastListenerReport report)
            == ParseError.None)
        {
            MulticastRecordReader records = report.Records;
            int count = 0;
            while (records.TryRead(out _))
            {
                FuzzFaultException.If(
                    ++count > input.Length, "there are more records than bytes");
            }
        }
    }

    private static void Hello(ReadOnlySpan<byte> input)
    {
        byte[] message = new byte[ClientHello.MaximumBytes];
        ClientHelloResult result =
            ClientHello.Read(input, message, out ReadOnlySpan<byte> name);
        FuzzFaultException.If(
            result == ClientHelloResult.Named && (name.Length is 0 or > 253
                || name.ContainsAnyExcept("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8
                    .ToArray().Concat("0123456789-_."u8.ToArray()).ToArray())),
            "a name has bytes that no name has");

        // More bytes may complete it, but not make another name of it.
        if (result == ClientHelloResult.Named)
        {
            byte[] more = [.. input, 0, 1, 2];
            byte[] again = new byte[ClientHello.MaximumBytes];
            FuzzFaultException.If(
                ClientHello.Read(more, again, out ReadOnlySpan<byte> other) != result
                    || !other.SequenceEqual(name),
                "what follows the message changes its name");
        }
    }

    private static void Checksum(ReadOnlySpan<byte> input)
    {
        ushort expected = OnesComplement.Checksum(input.ToArray());
        FuzzFaultException.If(
            InternetChecksum.Compute(input) != expected, "it is not the reference's checksum");
        int half = input.Length / 4 * 2;
        ulong sum = InternetChecksum.Accumulate(
            input[half..], InternetChecksum.Accumulate(input[..half]));
        FuzzFaultException.If(
            InternetChecksum.Finish(sum) != expected, "in two parts it is another one");
    }

    private static byte[] Segment() => new Segment
    {
        Flags = TcpFlags.Acknowledgment, Payload = [1, 2, 3, 4],
    }.ToFrame();

    private static byte[] Synchronize() => new Segment
    {
        Flags = TcpFlags.Syn,
        Options = new SegmentOptions
        {
            MaximumSegmentSize = 1_460, WindowScale = 7, SackPermitted = true,
            Timestamps = (1, 0),
        },
    }.ToFrame()[34..];

    private static Ipv4Packet Ping() => IcmpPacket.EchoRequest(1, 1, [1, 2, 3]).ToPacket();

    private static byte[] Segment6() => new Segment
    {
        Source = VirtualNetwork.GuestEndpoint6, Destination = VirtualNetwork.FarEndpoint6,
        Flags = TcpFlags.Syn,
    }.ToPacket6().ToBytes();

    private static byte[] Fragmented6() => new Datagram
    {
        Source = VirtualNetwork.GuestEndpoint6, Destination = VirtualNetwork.FarEndpoint6,
        Payload = new byte[100],
    }.ToPacket6().Fragment(48)[0].ToBytes();

    private static byte[] WithOptions6() => (new Datagram
    {
        Source = VirtualNetwork.GuestEndpoint6, Destination = VirtualNetwork.FarEndpoint6,
    }.ToPacket6() with
    {
        Extensions = [(IpProtocol.HopByHop, [1, 4, 0, 0, 0, 0]), (IpProtocol.Routing, new byte[8])],
    }).ToBytes();

    private static byte[] NeighborSeed(byte type) => new NeighborMessage
    {
        Type = type, Target = VirtualNetwork.Guest6,
        Destination = VirtualNetwork.Gateway6, Options = [1, 1, 2, 0, 0, 0, 0, 2],
    }.ToPacket().Payload;

    private static byte[] There6()
    {
        byte[] address = new byte[16];
        VirtualNetwork.Far6.WriteIPv6(address);
        return address;
    }

    private static byte[] HelloSeed()
    {
        byte[] name = [0, 0, 0, 16, 0, 14, 0, 0, 11, .. "example.org"u8];
        byte[] body =
        [
            3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 1, 0, 0, (byte)name.Length, .. name,
        ];
        byte[] message = [1, 0, 0, (byte)body.Length, .. body];
        return [22, 3, 1, 0, (byte)message.Length, .. message];
    }
}
