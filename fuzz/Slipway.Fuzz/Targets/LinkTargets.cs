using Slipway.Links;
using Slipway.Linux;

namespace Slipway.Fuzz.Targets;

/// <summary>What guests and VMMs write into sockets and shared memory.</summary>
internal static class LinkTargets
{
    private const string Uuid = "30D48B34-7D27-4B0B-AAAF-BBBED334DD59";

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("vpnkit", input => Greet(new VpnkitGreeting(1_500, (_, _) => null), input),
            [[.. "VMN3T"u8, 22, 0, 0, 0, .. new byte[40], 8,
                .. System.Text.Encoding.ASCII.GetBytes(Uuid), 7, 127, 168, 192]]),
        new("connect", input => Greet(new ConnectGreeting(), input),
            ["POST /connect HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray()])
        {
            MaximumBytes = 6_000,
        },
        new("stream", input => Socket(StreamProtocol.Stream, input),
            [[0, 0, 0, 20, .. new byte[20]], [0, 0, 0, 60, .. new byte[60], 0, 0, 0, 1, 2]])
        {
            MaximumBytes = 8_192,
        },
        new("seqpacket", input => Socket(StreamProtocol.SeqPacket, input),
            [Packed.Of(new byte[60], new byte[1_514])])
        {
            MaximumBytes = 8_192,
        },
        new("vhost-user", VhostUser, [VhostSeed(1), VhostSeed(15, 16), VhostSeed(8, 8)])
        {
            MaximumBytes = 1_024,
        },
        new("virtqueue", GuestRings.Virtqueues, [GuestRings.VirtqueueSeed()])
        {
            MaximumBytes = GuestRings.MemoryBytes / 4,
        },
        new("shared-ring", GuestRings.SharedRing, [GuestRings.SharedRingSeed()])
        {
            MaximumBytes = 2_048,
        },
    ];

    private static void Greet(StreamGreeting greeting, ReadOnlySpan<byte> input)
    {
        byte[] answer = new byte[StreamGreeting.MostBytes];
        int steps = 0;
        while (true)
        {
            GreetingStep step = greeting.Take(input, answer);
            FuzzFaultException.If(
                step.TakenBytes > input.Length || step.AnswerBytes > answer.Length,
                "it takes more than there is");
            FuzzFaultException.If(++steps > 8, "it does not end");
            if (step == GreetingStep.More)
            {
                FuzzFaultException.If(
                    input.Length >= StreamGreeting.MostBytes, "it waits for more than it may");
                return;
            }

            if (step.IsDone || step.Mistake is not null)
            {
                return;
            }

            input = input[step.TakenBytes..];
        }
    }

    // What a guest writes into a socket, read by the link; the port may close, and then has.
    private static void Socket(StreamProtocol protocol, ReadOnlySpan<byte> input)
    {
        bool hasPackets = protocol == StreamProtocol.SeqPacket;
        using FuzzLink bench = new(hasPackets ? Sockets.SequencedPacket : Sockets.Stream);
        using StreamLink link =
            StreamLink.FromDescriptor(protocol, bench.TakeNear(), 1_500, _ => { });
        bench.Start(link);
        foreach (byte[] piece in hasPackets ? Packed.Read(input, 16) : [input.ToArray()])
        {
            if (piece.Length > 0)
            {
                bench.Write(piece);
                bench.Turn(link);
            }
        }

        FuzzFaultException.If(
            bench.Opened - bench.Closed is not (0 or 1), "it closed what it had not opened");
        FuzzFaultException.If(
            bench.FrameBytes > input.Length, "more came out than was written");
    }

    private static void VhostUser(ReadOnlySpan<byte> input)
    {
        using FuzzLink bench = new(Sockets.Stream);
        using VhostUserLink link =
            VhostUserLink.FromDescriptor(bench.TakeNear(), 1_500, _ => { });
        bench.Start(link);
        if (!input.IsEmpty)
        {
            bench.Write(input.ToArray());
            bench.Turn(link);
        }
    }

    private static byte[] VhostSeed(byte request, byte payload = 0) =>
        [request, 0, 0, 0, 1, 0, 0, 0, payload, 0, 0, 0, .. new byte[payload]];
}
