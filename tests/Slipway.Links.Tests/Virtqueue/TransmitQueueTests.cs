using Slipway.Stack;
using Slipway.Testing;

namespace Slipway.Links.Tests;

/// <summary>Frames from a driver's buffers.</summary>
public sealed class TransmitQueueTests : IDisposable
{
    private const int Header = VirtioNetHeader.MergedLengthBytes;
    private const ulong Buffers = QueueBench.Buffers;

    private readonly QueueBench _bench = new(16);
    private readonly TransmitQueue _queue;
    private ulong _offered;

    public TransmitQueueTests() =>
        _queue = new TransmitQueue(
            _bench.Ring, new TransmitBatch());

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(Header + 60)] // one buffer
    [InlineData(Header)] // the header in one, the frame in the next
    [InlineData(5)] // the header is split
    [InlineData(Header + 1)]
    public void Frame_HoweverItLies_ArrivesWhole(int first)
    {
        byte[] bytes = [.. new byte[Header], .. LinkBench.Frame(3)];
        _bench.Shared.Write(Buffers, bytes.AsSpan(0, first));
        _bench.Shared.Write(Buffers + 0x1000, bytes.AsSpan(first));
        int head = first == bytes.Length
            ? _bench.Driver.Add(false, (Buffers, first))
            : _bench.Driver.Add(
                false, (Buffers, first), (Buffers + 0x1000, bytes.Length - first));
        Assert.True(Drain());
        Assert.Equal(LinkBench.Frame(3), Assert.Single(_bench.Frames).Frame);
        Assert.Equal(default, _bench.Frames[0].Offload);
        Assert.Equal([(head, 0)], _bench.Driver.TakeUsed());
    }

    [Fact]
    public void Header_WithOffload_IsHandedOn()
    {
        byte[] header = new byte[Header];
        FrameOffload offload = new()
        {
            ChecksumStart = 34,
            ChecksumOffset = 16,
            Kind = SegmentKind.Tcp4,
            SegmentBytes = 1460,
            HeaderBytes = 54,
        };
        VirtioNetHeader.Write(header, offload);
        Offer([.. header, .. LinkBench.Frame(1, 9_000)]);
        Drain();
        Assert.Equal(offload, Assert.Single(_bench.Frames).Offload);
        Assert.Equal(9_000, _bench.Frames[0].Frame.Length);
    }

    [Fact]
    public void Frame_LargestThereIs_ArrivesAndALongerOneIsHandedOnEmpty()
    {
        Offer([.. new byte[Header], .. LinkBench.Frame(1, FrameLimits.LargestBytes)]);
        Offer([.. new byte[Header], .. LinkBench.Frame(1, FrameLimits.LargestBytes + 1)]);
        Drain();
        Assert.Equal(
            [FrameLimits.LargestBytes, 0], _bench.Frames.Select(frame => frame.Frame.Length));
        Assert.Equal(2, _bench.Driver.TakeUsed().Count);
        Assert.True(_bench.Ring.IsRunning);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Header - 1)]
    public void Chain_ShorterThanTheHeader_StopsTheRing(int length)
    {
        Offer(new byte[length]);
        Drain();
        Assert.Empty(_bench.Frames);
        Assert.Equal(RingFault.TooShort, _bench.Ring.Fault);
    }

    [Fact]
    public void Header_ThatCannotBe_CostsItsFrameOnlyWhichIsHandedOnEmpty()
    {
        byte[] header = new byte[Header];
        VirtioNetHeader.Write(
            header, new FrameOffload { ChecksumStart = 60_000, ChecksumOffset = 6 });
        Offer([.. header, .. LinkBench.Frame(1)]);
        Offer([.. new byte[Header], .. LinkBench.Frame(2)]);
        Drain();
        Assert.Equal([[], LinkBench.Frame(2)], _bench.Frames.Select(frame => frame.Frame));
        Assert.Equal(default, _bench.Frames[0].Offload);
    }

    [Fact]
    public void Drain_MoreThanItsShare_SaysSoAndGoesOn()
    {
        for (int i = 0; i < 10; i++)
        {
            Offer([.. new byte[Header], .. LinkBench.Frame(i)]);
        }

        Assert.False(Drain(4));
        Assert.Equal(4, _bench.Driver.TakeUsed().Count);
        Assert.Equal(0, _bench.Driver.AvailableEvent); // no kick is wanted
        Assert.False(Drain(6)); // the last was there; whether more is, the next turn sees
        Assert.True(Drain(4));
        Assert.Equal(10, _bench.Driver.AvailableEvent);
        Assert.Equal(10, _bench.Frames.Count);
    }

    [Fact]
    public void Drain_LargeFrames_EndsItsTurnByTheirBytes()
    {
        for (int i = 0; i < 6; i++)
        {
            _bench.Driver.Add(false, (Buffers, Header + 64_240)); // a header of zeros
        }

        Assert.False(Drain(64));
        Assert.Equal(4, _bench.Frames.Count); // 256 KiB
        Assert.Equal(4, _bench.Driver.TakeUsed().Count); // which the guest knows of
        Assert.True(Drain(64));
        Assert.Equal(6, _bench.Frames.Count);
    }

    [Fact]
    public void Frames_BeyondWhatATurnTakes_WaitForTheNext()
    {
        _bench.MostFrames = 3;
        for (int i = 0; i < 7; i++)
        {
            Offer([.. new byte[Header], .. LinkBench.Frame(i)]);
        }

        Assert.False(Drain());
        Assert.Equal(3, _bench.Frames.Count);
        Assert.False(Drain());
        Assert.True(Drain());
        Assert.Equal(
            Enumerable.Range(0, 7).Select(i => LinkBench.Frame(i)),
            _bench.Frames.Select(one => one.Frame));
    }

    [Fact]
    public void Queue_Discarding_TakesFramesAndHandsOnNone()
    {
        _queue.IsDiscarding = true;
        Offer([.. new byte[Header], .. LinkBench.Frame(1)]);
        Drain();
        Assert.Empty(_bench.Frames);
        Assert.Single(_bench.Driver.TakeUsed());
    }

    [Fact]
    public void Header_OfALegacyDriver_Has10Bytes()
    {
        _queue.HeaderBytes = VirtioNetHeader.LengthBytes;
        Offer([.. new byte[10], .. LinkBench.Frame(1)]);
        Drain();
        Assert.Equal(LinkBench.Frame(1), Assert.Single(_bench.Frames).Frame);
    }

    [Fact]
    public void Frames_Taken_AllocateNothing()
    {
        using QueueBench bench = new(64) { IsCounting = true };
        TransmitQueue queue = new(
            bench.Ring, new TransmitBatch());
        bench.Driver.Add(false, (Buffers, 1_526));
        queue.Drain(64, bench, bench, default);
        SteadyState.AllocatesNothing(1, () => queue.Drain(64, bench, bench, default), Prepare);
        Assert.Equal(1 + (31 * SteadyState.Windows), bench.Count);

        void Prepare()
        {
            bench.Driver.TakeUsed();
            for (int i = 0; i < 31; i++)
            {
                bench.Driver.Add(false, (Buffers, Header), (Buffers + 0x1000, 1_514));
            }
        }
    }

    private void Offer(byte[] bytes)
    {
        _bench.Shared.Write(Buffers + _offered, bytes);
        _bench.Driver.Add(false, (Buffers + _offered, bytes.Length));
        _offered += (ulong)bytes.Length;
    }

    private bool Drain(int budget = 64) => _queue.Drain(budget, _bench, _bench, default);
}
