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
