using System.Buffers.Binary;
using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Links.Tests;

/// <summary>Frames into a driver's buffers: one or several, in one piece or not.</summary>
public sealed class ReceiveQueueTests : IDisposable
{
    private const int Header = VirtioNetHeader.MergedLengthBytes;
    private const int Size = 64;
    private const ulong Buffers = QueueBench.Buffers;

    private readonly QueueBench _bench = new(Size);
    private readonly byte[] _staging = new byte[TransmitBatch.FrameBufferBytes];
    private readonly ReceiveQueue _queue;

    public ReceiveQueueTests() => _queue = new ReceiveQueue(_bench.Ring, _staging)
    {
        IsEnabled = true,
        IsMergeable = true,
    };

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Frame_ThatFitsABuffer_IsWrittenThereDirectly()
    {
        int head = _bench.Driver.Add(true, (Buffers, 1536));
        Span<byte> reserved = _queue.Reserve(1514);
        reserved.Fill(0x5a);
        Assert.Equal(0x5a, _bench.Shared.Read(Buffers + Header, 1)[0]); // before the commit
        Send(LinkBench.Frame(7), reserved: 1514);
        Assert.Equal(LinkBench.Frame(7), _bench.Shared.Read(Buffers + Header, 60));
        Assert.Equal(1, BufferCount(Buffers));
        Assert.Empty(_bench.Driver.TakeUsed());
        _bench.Ring.Publish();
        Assert.Equal([(head, Header + 60)], _bench.Driver.TakeUsed());
        Assert.False(_staging.AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Frame_OverBuffersThatFollowEachOther_IsWrittenThereDirectly()
    {
        for (int i = 0; i < 6; i++)
        {
            _bench.Driver.Add(true, (Buffers + (1536 * (ulong)i), 1536));
        }

        byte[] frame = LinkBench.Frame(9, 5_000);
        Send(frame, reserved: 9_000);
        Assert.Equal(frame, _bench.Shared.Read(Buffers + Header, 5_000));
        Assert.False(_staging.AsSpan().ContainsAnyExcept((byte)0));
        Assert.Equal(4, BufferCount(Buffers));
        Assert.Equal([1536, 1536, 1536, Header + 5_000 - (3 * 1536)], UsedLengths());

        // The two that were gathered and not needed take the next one.
        Send(LinkBench.Frame(2, 3_000));
        Assert.Equal(2, BufferCount(Buffers + (4 * 1536)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Frame_OverScatteredBuffers_IsSpreadOverThem(bool isOneChain)
    {
        (ulong, int)[] buffers = [(Buffers + 0x3000, 700), (Buffers, 300), (Buffers + 0x5000, 900)];
        if (isOneChain)
        {
            _bench.Driver.Add(true, buffers);
        }
        else
        {
            Array.ForEach(buffers, buffer => _bench.Driver.Add(true, buffer));
        }

        byte[] frame = LinkBench.Frame(4, 1_514);
        Send(frame);
        Assert.Equal(frame[..688], _bench.Shared.Read(Buffers + 0x3000 + Header, 688));
        Assert.Equal(frame[688..988], _bench.Shared.Read(Buffers, 300));
        Assert.Equal(frame[988..], _bench.Shared.Read(Buffers + 0x5000, 526));
        Assert.Equal(isOneChain ? 1 : 3, BufferCount(Buffers + 0x3000));
        Assert.Equal(isOneChain ? [1_526] : [700, 300, 526], UsedLengths());
    }

    [Fact]
    public void Header_SplitOverBuffers_IsWhole()
    {
        _queue.IsMergeable = false;
        _bench.Driver.Add(true, (Buffers, 7), (Buffers + 0x1000, 1_600));
        FrameOffload offload = new() { ChecksumStart = 34, ChecksumOffset = 16 };
        Send(LinkBench.Frame(4), offload: offload);
        byte[] header =
            [.. _bench.Shared.Read(Buffers, 7), .. _bench.Shared.Read(Buffers + 0x1000, 5)];
        Assert.True(VirtioNetHeader.TryRead(header, 60, out FrameOffload read));
        Assert.Equal(offload, read);
        Assert.Equal(LinkBench.Frame(4), _bench.Shared.Read(Buffers + 0x1005, 60));
    }

    [Fact]
    public void Reservation_NotCommitted_TakesNothing()
    {
        _bench.Driver.Add(true, (Buffers, 1536));
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(1_000, _queue.Reserve(1_000).Length);
        }

        Send(LinkBench.Frame(1));
        Assert.Equal([Header + 60], UsedLengths());
        Assert.True(_queue.Reserved.IsEmpty);
        Assert.False(_queue.Commit(60, default));
    }

    [Fact]
    public void Buffers_UsedUp_AreAskedForAndAwaited()
    {
        _bench.Driver.Add(true, (Buffers, 1536));
        Send(LinkBench.Frame(1));
        Assert.True(_queue.Reserve(60).IsEmpty);
        Assert.True(_queue.IsRoomWanted);
        Assert.Equal(1, _bench.Driver.UsedIndex); // told at once: the guest may be waiting for it
        Assert.Equal(1, _bench.Driver.AvailableEvent);
        Assert.False(_queue.TakeRoom());

        _bench.Driver.Add(true, (Buffers, 1536));
        Assert.True(_queue.TakeRoom());
        Assert.False(_queue.TakeRoom());
        Send(LinkBench.Frame(2));
    }

    [Fact]
    public void Buffers_TooFewForALargeFrame_TakeASmallOne()
    {
        _bench.Driver.Add(true, (Buffers, 1536));
        Assert.True(_queue.Reserve(60_000).IsEmpty);
        Send(LinkBench.Frame(2));
        Assert.Equal([Header + 60], UsedLengths());
    }

    [Fact]
    public void Buffers_AllTogetherTooShort_LoseTheFrameAndDoNotWaitForEver()
    {
        for (int i = 0; i < Size; i++)
        {
            _bench.Driver.Add(true, (Buffers + (100 * (ulong)i), 100));
        }

        Assert.Equal(7_000, _queue.Reserve(7_000).Length);
        Assert.False(_queue.Commit(7_000, default));
        Assert.Equal(1, _queue.TooLong);
        Send(LinkBench.Frame(1, 6_388)); // to the last byte
        Assert.Equal(Size, UsedLengths().Count);
    }

    [Fact]
    public void Buffers_NotMergeable_HoldOneFrameEach()
    {
        _queue.IsMergeable = false;
        _bench.Driver.Add(true, (Buffers, 1_000));
        _bench.Driver.Add(true, (Buffers + 1_000, 1_536));
        Assert.Equal(1_514, _queue.Reserve(1_514).Length);
        Assert.False(_queue.Commit(1_514, default));
        Send(LinkBench.Frame(1, 500));
        Send(LinkBench.Frame(1, 1_514));
        Assert.Equal([512, 1_526], UsedLengths());
        Assert.Equal(1, BufferCount(Buffers));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Header - 1)]
    public void Buffer_ShorterThanTheHeader_StopsTheRing(int length)
    {
        _bench.Driver.Add(true, (Buffers, length));
        Assert.True(_queue.Reserve(60).IsEmpty);
        Assert.Equal(RingFault.TooShort, _bench.Ring.Fault);
        Assert.False(_queue.TakeRoom());
        Assert.False(_queue.Commit(60, default));
    }

    [Fact]
    public void Buffer_ToRead_StopsTheRing()
    {
        _bench.Driver.Add(true, (Buffers, 1_536));
        _bench.Driver.Add(false, (Buffers, 1_536));
        Assert.True(_queue.Reserve(2_000).IsEmpty);
        Assert.Equal(RingFault.WrongDirection, _bench.Ring.Fault);
        Assert.True(_queue.Reserve(60).IsEmpty);
    }

    [Fact]
    public void Forgotten_Buffers_AreTakenAgain()
    {
        for (int i = 0; i < 3; i++)
        {
            _bench.Driver.Add(true, (Buffers + (1536 * (ulong)i), 1536));
        }

        Send(LinkBench.Frame(1), reserved: 4_000);
        Assert.Equal(3, _bench.Ring.Next);
        _queue.Forget();
        Assert.Equal(1, _bench.Ring.Next);
        Assert.True(_queue.Reserved.IsEmpty);
        Send(LinkBench.Frame(2, 3_000));
        Assert.Equal(3, UsedLengths().Count);
    }

    [Fact]
    public void Frames_OfAllLengthsOverManyRounds_ArriveWhole()
    {
        Random random = new(20_261_124);
        for (int round = 0; round < 3_000; round++)
        {
            // Buffers where the driver's next descriptors are, some behind each other.
            ulong place = Buffers + (2_048 * (ulong)random.Next(60));
            int length = random.Next(200, 2_000);
            _bench.Driver.Add(true, (place, length));
            _bench.Driver.Add(true, (place + (ulong)length, 1_600));
            byte[] frame = LinkBench.Frame(round, random.Next(14, length + 1_500));
            Send(frame, reserved: random.Next(frame.Length, length + 1_589));
            byte[] bytes = _bench.Shared.Read(place, Header + frame.Length);
            Assert.Equal(frame, bytes[Header..]);
            int chains = Header + frame.Length > length ? 2 : 1;
            Assert.Equal(chains, UsedLengths().Count);
            if (chains == 1)
            {
                Send(LinkBench.Frame(0));
                Assert.Single(UsedLengths());
            }
        }
    }

    [Fact]
    public void Frames_Sent_AllocateNothing()
    {
        byte[] frame = LinkBench.Frame(1, 1_514);
        int used = 0;
        SteadyState.AllocatesNothing(Size + 1, () =>
        {
            Span<byte> room = _queue.Reserve(frame.Length); // none the last time
            if (!room.IsEmpty)
            {
                frame.CopyTo(room);
                _queue.Commit(frame.Length, default);
                _bench.Ring.Publish();
            }
        }, Prepare);
        Assert.Equal(Size * (SteadyState.Windows - 1), used);

        void Prepare()
        {
            used += _bench.Driver.TakeUsed().Count;
            for (int i = 0; i < Size; i++)
            {
                _bench.Driver.Add(true, (Buffers + (1536 * (ulong)i), 1536));
            }
        }
    }

    private void Send(byte[] frame, int reserved = 0, FrameOffload offload = default)
    {
        Span<byte> place = _queue.Reserve(Math.Max(reserved, frame.Length));
        Assert.True(place.Length >= frame.Length, "there is room");
        frame.CopyTo(place);
        Assert.True(_queue.Commit(frame.Length, offload));
    }

    private int BufferCount(ulong header) => BinaryPrimitives.ReadUInt16LittleEndian(
        _bench.Shared.Read(header + VirtioNetHeader.LengthBytes, 2));

    private List<int> UsedLengths()
    {
        _bench.Ring.Publish();
        return [.. _bench.Driver.TakeUsed().Select(chain => chain.Length)];
    }
}
