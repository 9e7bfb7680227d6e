using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// The whole stack: frames of two guests and what a host does, on a clock that the input moves.
/// </summary>
internal static class StackTargets
{
    private const int MostSteps = 64;

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("frames", Frames, Seeds()) { MaximumBytes = 6_000 },
        new("reassembly", Reassemble,
            [[0, 0, 0x20, 1, 0x20, 2, 0], [0, 8, 1, 8, 0x81, 16, 2, 24], [1, 1, 0x82, 0, 0, 2]])
        {
            MaximumBytes = 128,
        },
        new("tcp-model", FollowTcp, TcpSeeds())
        {
            MaximumBytes = TcpModelWorld.HeadBytes + (MostSteps * TcpModelWorld.StepBytes),
        },
    ];

    private static void Frames(ReadOnlySpan<byte> input)
    {
        FuzzWorld world = new();
        foreach (byte[] step in Packed.Read(input, MostSteps))
        {
            world.Do(step);
        }

        world.End();
    }

    private static void FollowTcp(ReadOnlySpan<byte> input)
    {
        if (input.Length < TcpModelWorld.HeadBytes)
        {
            return;
        }

        TcpModelWorld world = new(input);
        for (input = input[TcpModelWorld.HeadBytes..]; input.Length >= TcpModelWorld.StepBytes;
            input = input[TcpModelWorld.StepBytes..])
        {
            world.Do(input);
        }

        world.End();
    }

    // Steps are six bytes: see TcpModelWorld.
    private static byte[][] TcpSeeds()
    {
        byte[] ack = [8, 0, 0, 0, 0, 0];
        byte[] text = [9, 9, 0, 0, 0, 0];
        byte[] write = [3, 12, 0, 0, 0, 0];
        byte[] read = [4, 0, 0, 0, 0, 0];
        byte[] shut = [5, 0, 0, 0, 0, 0];
        byte[] reset = [5, 7, 0, 0, 0, 0];
        byte[] wait = [6, 8, 0, 0, 0, 0];
        byte[] later = [0, 0, 44, 0, 7, 0];
        byte[] together = [0, 16, 0, 0, 14, 0];
        byte[] fin = [0, 8, 0, 0, 3, 0];
        byte[] rst = [0, 11, 1, 0, 0, 0];
        byte[] sack = [0, 0, 1, 1, 0x91, 0];
        byte[] closed = [0, 0, 1, 0, 1, 1];
        return
        [
            [7, 7, 0, 0, .. ack, .. text, .. write, .. ack, .. fin, .. read, .. shut, .. ack],
            [0, 0, 1, 0, .. ack, .. later, .. text, .. text, .. wait, .. read, .. fin],
            [7, 0x12, 4, 0, .. ack, .. together, .. together, .. text, .. write, .. sack, .. wait],
            [0x0f, 7, 0, 0, .. write, .. ack, .. text, .. shut, .. wait, .. ack, .. fin],
            [0x87, 7, 0, 0, .. ack, .. write, .. closed, .. wait, .. reset],
            [0x24, 7, 0x10, 1, .. ack, .. text, .. write, .. sack, .. rst],
        ];
    }

    // Pieces of one datagram, each its place and length in units of eight bytes: the stack answers
    // the ping if and only if a plain model says that they make it, without overlaps.
    private static void Reassemble(ReadOnlySpan<byte> input)
    {
        byte[] body = new byte[248];
        for (int i = 0; i < body.Length; i++)
        {
            body[i] = (byte)(i * 7);
        }

        byte[] message = IcmpPacket.EchoRequest(1, 1, body).ToPacket().Payload;
        FragmentModel model = new(message.Length);
        FuzzWorld world = new();
        for (int i = 0; i + 1 < input.Length; i += 2)
        {
            int at = 8 * (input[i] & 0x1f);
            int length = Math.Min(8 * (1 + (input[i + 1] & 0x1f)), message.Length - at);
            if (length <= 0)
            {
                continue;
            }

            bool isLast = at + length == message.Length;
            model.Add(at, length);
            world.Send((IcmpPacket.EchoRequest(1, 1, body) with
            {
                Destination = VirtualNetwork.Gateway,
            }).ToPacket() with
            {
                Identification = 7, FragmentOffsetBytes = at, MoreFragments = !isLast,
                Payload = message[at..(at + length)],
            });
        }

        int answers = world.Answers(message.Length - 8, body);
        FuzzFaultException.If(
            answers != model.Wholes,
            $"{answers} datagrams were put together, and {model.Wholes} should have been");
        world.End();
    }

    private static List<byte[]> Seeds()
    {
        byte[] ping = IcmpPacket.EchoRequest(1, 1, [1, 2, 3]).ToPacket().ToFrame();
        byte[] arp = new ArpFrame().ToFrame();
        Segment segment = new() { Flags = TcpFlags.Acknowledgment, Payload = new byte[20] };
        byte[] query = new Datagram
        {
            Destination = new IpEndpoint(VirtualNetwork.Far, 53), Payload = [1, 2, 3, 4],
        }.ToPacket().ToFrame();
        byte[] syn = (segment with { Flags = TcpFlags.Syn, Payload = [] }).ToFrame();
        byte[] fin = (segment with { Flags = TcpFlags.Acknowledgment | TcpFlags.Fin }).ToFrame();
        byte[] published = new Segment
        {
            Source = new(VirtualNetwork.Guest, 8080),
            Destination = new(VirtualNetwork.Gateway, 1_024),
            Flags = TcpFlags.Syn | TcpFlags.Acknowledgment,
        }.ToFrame();
        byte[] reset = (segment with { Flags = TcpFlags.Reset, Payload = [] }).ToFrame();
        byte[] syn6 = new Segment
        {
            Flags = TcpFlags.Syn, Source = VirtualNetwork.GuestEndpoint6,
            Destination = VirtualNetwork.FarEndpoint6,
        }.ToPacket6().ToFrame();
        byte[] asked6 = new NeighborMessage
        {
            SourceMac = VirtualNetwork.GuestMac, Source = VirtualNetwork.Guest6,
            LinkLayer = VirtualNetwork.GuestMac,
        }.ToFrame();
        byte[] F(byte[] frame) => [FuzzWorld.Frame, .. frame];
        byte[] T(byte[] frame) => [FuzzWorld.Tracked, 0, 0, .. frame];
        return
        [
            Packed.Of(F(arp), F(ping), F(query)),
            Packed.Of(F(arp), T(syn), T(segment.ToFrame()), T(segment.ToFrame()), T(fin)),
            Packed.Of(F(arp), T(syn), T(segment.ToFrame()), [FuzzWorld.HostSends, 9, 9],
                T(segment.ToFrame()), [FuzzWorld.HostEnds, 0], T(fin), [FuzzWorld.Wait, 200]),
            Packed.Of(F(asked6), F(syn6), [FuzzWorld.Wait, 20]),
            Packed.Of(F(arp), [FuzzWorld.HostConnects, 1], [FuzzWorld.Wait, 9],
                [FuzzWorld.Room, 2], F(ping), [FuzzWorld.Room, 255]),
            Packed.Of(F(arp), F(query), [FuzzWorld.HostDatagram, 1, 2], [FuzzWorld.Wait, 17],
                [FuzzWorld.HostDatagram, 3]),
            Packed.Of(F(arp), [FuzzWorld.HostConnects, 0], [FuzzWorld.HostSends, 1],
                T(published), [FuzzWorld.HostEnds, 0], T(reset), [FuzzWorld.HostConnects, 3]),
            Packed.Of(F(arp), T(syn), [FuzzWorld.Leave, 0], F(arp), [FuzzWorld.Other, .. ping]),
        ];
    }
}
