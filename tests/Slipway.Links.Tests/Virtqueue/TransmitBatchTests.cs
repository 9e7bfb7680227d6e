using System.Buffers.Binary;
using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Links.Tests;

/// <summary>Text that stays in the guest's memory until it has been handed on.</summary>
public sealed class TransmitBatchTests : IDisposable
{
    private const int Header = VirtioNetHeader.MergedLengthBytes;
    private const int Headers = Header + 54;
    private const int TextBytes = 40_000;
    private const ulong Heads = QueueBench.Buffers;
    private const ulong Texts = QueueBench.Buffers + 0x1_0000;

    private static readonly StreamPattern Pattern = new(5);

    private readonly QueueBench _bench = new(256);
    private readonly GatheredText _gathered = new();
    private readonly TransmitQueue _queue;
    private int _offered;

    public TransmitBatchTests() => _queue = new TransmitQueue(_bench.Ring, new TransmitBatch());

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void LongText_StaysWhereItIs_AndIsGivenBackOnceAfterwards()
    {
        int head = Offer(Segment(TextBytes), Headers, 32_768);
        bool isSeen = false;
        _bench.OnBatch = batch =>
        {
            isSeen = true;
            Assert.False(batch.IsWhole(0));
            Assert.Equal(Headers - Header, batch.HeadBytes(0));
            Assert.Equal(Headers - Header + TextBytes, batch.Frame(0).Length);
            Assert.Empty(_bench.Driver.TakeUsed());
            Assert.Equal(Pattern.Bytes(0, TextBytes), Gather(batch, 0, 0, TextBytes));
            Assert.Equal(2, _gathered.Count);
        };
        Assert.True(Drain());
        Assert.True(isSeen);
        Assert.Equal([(head, 0)], _bench.Driver.TakeUsed());
        _bench.OnBatch = null;
        Assert.True(Drain());
        Assert.Empty(_bench.Driver.TakeUsed());
    }

    [Theory]
    [InlineData(16_500)]
    [InlineData(20_001)]
    [InlineData(64_240)]
    public void Text_HoweverItLies_IsGatheredAndFetchedWhole(int textBytes)
    {
        Random random = new(textBytes);
        byte[] chain = Segment(textBytes);
        for (int round = 0; round < 50; round++)
        {
            List<int> cuts = [];
            int pieces = random.Next(1, 20);
            for (int i = 0; i < pieces; i++)
            {
                cuts.Add(random.Next(4) == 0 ? random.Next(1, 200) : random.Next(1, 8_192));
            }

            Offer(chain, [.. cuts]);
            _bench.OnBatch = batch =>
            {
                Assert.False(batch.IsWhole(0));
                int first = random.Next(textBytes);
                int count = random.Next(1, textBytes - first + 1);
                Assert.Equal(Pattern.Bytes(first, count), Gather(batch, 0, first, count));
            };
            Drain();
            Assert.Single(_bench.Driver.TakeUsed());
            Assert.Equal(chain[Header..], _bench.Frames[^1].Frame);
        }
    }

    [Fact]
    public void Headers_ThatTheGuestChangesLater_StayAsTheyWere()
    {
        byte[] chain = Segment(TextBytes);
        Offer(chain, Headers);
        Offer(chain, Headers);
        _bench.OnBatch = batch =>
        {
            _bench.Shared.Write(Heads, Enumerable.Repeat((byte)0xee, 0x1_0000).ToArray());
            Assert.Equal(chain.AsSpan(Header..Headers), batch.Frame(0)[..(Headers - Header)]);
            Assert.Equal(34, batch.Offload(1).ChecksumStart);
            _bench.Shared.Write(Texts, [9, 8, 7]);
            batch.Fetch(0);
            _bench.Shared.Write(Texts, [1, 1, 1]);
            batch.Fetch(0);
        };
        Drain();
        byte[] expected = chain[Header..];
        expected[54] = 9;
        expected[55] = 8;
        expected[56] = 7;
        Assert.Equal(expected, _bench.Frames[0].Frame);
        Assert.Equal(chain[Header..], _bench.Frames[1].Frame);
    }

    [Fact]
    public void PlaceOfText_BeforeItIsFetched_HoldsZerosAndNothingOfOthers()
    {
        for (int i = 0; i < 4; i++)
        {
            Offer(Segment(16_500 + (i * 7_777)), Headers);
            _bench.OnBatch = batch => Assert.False(
                batch.Frame(0)[batch.HeadBytes(0)..].ContainsAnyExcept((byte)0));
            Drain(); // which fetches it
        }

        Assert.Equal(4, _bench.Frames.Count);
    }

    [Theory]
    [InlineData(0, 16, 54, TextBytes)] // the checksum is there: to be verified
    [InlineData(34, 6, 42, TextBytes)] // UDP
    [InlineData(34, 16, 54, 10_000)] // not worth it
    [InlineData(250, 16, 54, TextBytes)] // headers that go on for ever
    public void OtherFrames_AreCopied_AndGivenBackBefore(
        int start, int field, int headers, int textBytes)
    {
        byte[] chain = new byte[Header + headers + textBytes];
        VirtioNetHeader.Write(chain, new FrameOffload
        {
            ChecksumStart = (ushort)start, ChecksumOffset = (ushort)field,
        });
        Pattern.Fill(0, chain.AsSpan(Header));
        Offer(chain, Header + headers, 30_000);
        _bench.OnBatch = batch =>
        {
            Assert.True(batch.IsWhole(0));
            Assert.Single(_bench.Driver.TakeUsed());
        };
        Drain();
        Assert.Equal(chain[Header..], Assert.Single(_bench.Frames).Frame);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0x40)]
    [InlineData(0xf0)]
    public void DataOffset_ThatIsImpossibleOrLarge_LeavesTheFrameAsItIs(int dataOffset)
    {
        byte[] chain = Segment(TextBytes);
        chain[Header + 34 + 12] = (byte)dataOffset;
        Offer(chain, 5, 9, 40);
        Drain();
        Assert.Equal(chain[Header..], Assert.Single(_bench.Frames).Frame);
    }

    [Fact]
    public void Frames_OfBothKinds_KeepTheirOrder()
    {
        byte[] small = [.. new byte[Header], .. LinkBench.Frame(1)];
        byte[] large = Segment(TextBytes);
        int[] heads = [
            Offer(small), Offer(large, Headers), Offer(small), Offer(large, Headers)];
        _bench.OnBatch = batch => Assert.Equal(
            [true, false, true, false], Enumerable.Range(0, 4).Select(batch.IsWhole));
        Drain();
        Assert.Equal(
            [small[Header..], large[Header..], small[Header..], large[Header..]],
            _bench.Frames.Select(frame => frame.Frame));
        Assert.Equal(heads.Select(head => (head, 0)), _bench.Driver.TakeUsed());
    }

    [Fact]
    public void Pieces_MoreThanThereIsRoomFor_AreCopied()
    {
        int left = 0;
        int whole = 0;
        for (int i = 0; i < 16; i++)
        {
            Offer(Segment(17_000), Headers, 400, 400, 400, 400, 400, 400, 400, 400, 400, 400);
        }

        _bench.OnBatch = batch =>
        {
            for (int i = 0; i < batch.Count; i++)
            {
                left += batch.IsWhole(i) ? 0 : 1;
                whole += batch.IsWhole(i) ? 1 : 0;
            }
        };
        while (!Drain())
        {
            // a turn ends by bytes
        }

        Assert.True(left > 0);
        Assert.Equal(16, left + whole);
        Assert.All(_bench.Frames, frame => Assert.Equal(Segment(17_000)[Header..], frame.Frame));
    }

    [Fact]
    public void Piece_KeptTooLong_ShowsNothing()
    {
        Offer(Segment(TextBytes), Headers);
        _bench.OnBatch = batch => Gather(batch, 0, 0, TextBytes);
        Drain();
        Assert.Throws<ArgumentOutOfRangeException>(() => _gathered.Piece(0).Length);
    }

    [Fact]
    public void RingThatBreaksBehindText_HandsItOnAndGivesNothingBack()
    {
        Offer(Segment(TextBytes), Headers);
        _bench.Driver.Add(false, (ulong.MaxValue - 10, 5));
        _bench.OnBatch = batch =>
            Assert.Equal(Pattern.Bytes(0, TextBytes), Gather(batch, 0, 0, TextBytes));
        Drain();
        Assert.Equal(RingFault.OutsideMemory, _bench.Ring.Fault);
        Assert.Single(_bench.Frames);
        Assert.Empty(_bench.Driver.TakeUsed());
    }

    [Fact]
    public void Text_LeftAndGathered_AllocatesNothing()
    {
        using QueueBench bench = new(64) { IsCounting = true };
        TransmitQueue queue = new(bench.Ring, new TransmitBatch());
        byte[] chain = Segment(TextBytes);
        bench.Shared.Write(Heads, chain.AsSpan(0, Headers));
        bench.OnBatch = batch =>
        {
            _gathered.Clear();
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.True(batch.TryGather(batch.Frame(i)[54..], _gathered));
            }
        };
        SteadyState.AllocatesNothing(1, () => queue.Drain(64, bench, bench, default), Prepare);

        void Prepare()
        {
            bench.Driver.TakeUsed();
            for (int i = 0; i < 4; i++)
            {
                bench.Driver.Add(
                    false, (Heads, Headers), (Texts, 20_000), (Texts + 40_000, TextBytes - 20_000));
            }
        }
    }

    /// <summary>A TCP segment whose checksum is open, with what goes before it.</summary>
    private static byte[] Segment(int textBytes)
    {
        byte[] chain = new byte[Headers + textBytes];
        VirtioNetHeader.Write(chain, new FrameOffload
        {
            ChecksumStart = 34,
            ChecksumOffset = 16,
            Kind = SegmentKind.Tcp4,
            SegmentBytes = 1_460,
            HeaderBytes = 54,
        });
        chain.AsSpan(Header..Headers).Fill(0x22);
        chain[Header + 34 + 12] = 0x50;
        BinaryPrimitives.WriteInt32BigEndian(chain.AsSpan(Header), textBytes);
        Pattern.Fill(0, chain.AsSpan(Headers));
        return chain;
    }

    // Buffers of these lengths, and the rest in the last; none begins where another ends.
    private int Offer(byte[] chain, params int[] lengths)
    {
        List<(ulong, int)> buffers = [];
        ulong place = Heads + ((ulong)(_offered % 8) * 0x2000);
        int at = 0;
        for (int i = 0; at < chain.Length; i++)
        {
            int length = Math.Min(
                i < lengths.Length ? lengths[i] : int.MaxValue, chain.Length - at);
            _bench.Shared.Write(place, chain.AsSpan(at, length));
            buffers.Add((place, length));
            place = i == 0 ? Texts + ((ulong)(_offered % 4) * 0x1_8000)
                : place + (ulong)length + 3;
            at += length;
        }

        _offered++;
        return _bench.Driver.Add(false, [.. buffers]);
    }

    private byte[] Gather(FrameBatch batch, int index, int first, int count)
    {
        _gathered.Clear();
        Assert.True(batch.TryGather(
            batch.Frame(index).Slice(batch.HeadBytes(index) + first, count), _gathered));
        Assert.Equal(count, _gathered.LengthBytes);
        List<byte> bytes = [];
        for (int i = 0; i < _gathered.Count; i++)
        {
            bytes.AddRange(_gathered.Piece(i));
        }

        return [.. bytes];
    }

    private bool Drain() => _queue.Drain(64, _bench, _bench, default);
}
