using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Tcp;

/// <summary>
/// The same with text that the link has left in the guest's memory, which the guest uses again as
/// soon as it has it back; and when text is fetched from there.
/// </summary>
public sealed class TcpLeftTextTests : TcpGatheringTests
{
    public TcpLeftTextTests()
        : base(new GuestTexts(seed: 3))
    {
    }

    [Fact]
    public void TextThatTheHostTakes_IsNotFetched()
    {
        Connect();
        SendTogether(Text(0), Text(1), Text(2));
        Assert.Equal([false, false, false], Enumerable.Range(0, 3).Select(Batch.IsWhole));
    }

    [Fact]
    public void TextBehindAShortSend_IsFetchedAndKept()
    {
        Script.Server.SendBufferBytes = TextBytes + 1_000;
        Connect();
        SendTogether([.. Enumerable.Range(0, 10).Select(i => Text(i))]);
        Assert.False(Batch.IsWhole(0)); // the tail of what was sent together is kept from there
        Assert.True(Batch.IsWhole(9));
    }

    [Fact]
    public void FrameThatIsMoreThanTextInOrder_IsNotTakenWithoutIt()
    {
        Connect();
        Segment text = Text(0);
        Assert.True(Takes(text.ToFrame()));
        Assert.False(Takes((text with { Flags = TcpScript.FinAck }).ToFrame()));
        Assert.False(Takes(Text(1).ToFrame()));
        Assert.False(Takes(Text(0, 16_383).ToFrame()));
        Assert.False(Takes(
            (text with { Source = new IpEndpoint(VirtualNetwork.Guest, 7) }).ToFrame()));
        Assert.False(Takes((text.ToPacket() with { Ttl = 1 }).ToFrame()));
        Assert.False(Takes((text.ToPacket() with { MoreFragments = true }).ToFrame()));
        Assert.False(Takes(text.ToFrame(), checksumStart: 0));
        byte[] toAnother = text.ToFrame();
        StackBench.OtherMac.Write(toAnother);
        Assert.False(Takes(toAnother));
        byte[] withOptions = (text with { Options = SegmentOptions.Linux }).ToFrame();
        Assert.False(Takes(withOptions)); // which are text to who left it
        Assert.True(Takes(text.ToFrame()));
    }

    [Fact]
    public void WholeStack_SendsTextFromWhereItIs_AndFetchesWhatIsForOthers()
    {
        StackBench bench = new(VirtualNetwork.Settings with { MtuBytes = 65_520 });
        SimServer server = bench.Host.Serve(VirtualNetwork.FarEndpoint);
        bench.Introduce();
        RecordingPort other = bench.Open(2);
        bench.Introduce(other, StackBench.OtherMac, StackBench.OtherGuest);
        bench.Port.TakeAll();
        other.Offloads = Offloads.Checksum | Offloads.TcpSegments4;
        bench.Send((TcpScript.Syn with
        {
            Options = new SegmentOptions { MaximumSegmentSize = 65_480, WindowScale = 7 },
        }).ToPacket());
        Segment answer = Segment.ParseFrame(bench.Port.Take()!);
        Segment text = new()
        {
            Sequence = TcpScript.GuestInitial + 1,
            Acknowledgment = answer.Sequence + 1,
        };
        bench.Send(text.ToPacket());
        GuestTexts texts = new(2);
        StreamPattern pattern = new(1);
        FrameBatch batch = new(5 << 16, 1 << 16, leavesText: true);
        (byte[] toOther, _) = OffloadingCard.Leave(
            text with { Payload = pattern.Bytes(0, 30_000) });
        StackBench.OtherMac.Write(toOther);
        texts.Add(batch, text with { Payload = pattern.Bytes(0, 40_000) });
        AddHead(batch, toOther, checksumStart: 34);
        texts.Add(batch, text with
        {
            Sequence = text.Sequence + 40_000, Payload = pattern.Bytes(40_000, 20_000),
        });
        bench.Stack.OnFrames(bench.Port, batch, bench.Clock.Now);
        texts.Overwrite();
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(batch.IsWhole));
        bench.Turn();
        Assert.Equal(pattern.Bytes(0, 60_000), server.Connections[0].ReadAll());
        Assert.Equal(pattern.Bytes(0, 30_000), other.Take()![54..]);
    }

    private bool Takes(byte[] frame, ushort checksumStart = 34)
    {
        Batch.Clear();
        AddHead(Batch, frame, checksumStart);
        return Script.Layer.TakesWithoutText(Batch, 0);
    }

    private static void AddHead(FrameBatch batch, byte[] frame, ushort checksumStart)
    {
        FrameOffload offload = new() { ChecksumStart = checksumStart, ChecksumOffset = 16 };
        Assert.True(batch.TryAddHead(frame.AsSpan(0, 54), frame.Length, offload, 1));
        batch.AddPiece(frame.AsMemory(54));
    }
}
