using System.Buffers.Binary;
using Slipway.Linux;

namespace Slipway.Links.Tests.Embedded;

/// <summary>
/// The rings that are shared with another process: in order, bounded, and never believed.
/// </summary>
public sealed class SharedRingTests : IDisposable
{
    private const int RingBytes = SharedRingLayout.SmallestRingBytes;
    private const int Tail = SharedRingLayout.ToEngineControl;
    private const int Head = Tail + SharedRingLayout.HeadOffset;
    private const int FirstRecord = SharedRingLayout.HeaderBytes;

    private readonly SharedRingMemory _memory = SharedRingMemory.CreateShared(RingBytes);
    private readonly SharedRingWriter _writer;
    private readonly SharedRingReader _reader;

    public SharedRingTests()
    {
        _writer = _memory.WriterToEngine();
        _reader = _memory.ReaderToEngine();
    }

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Records_ManyTimesAroundTheRing_ComeOutAsTheyWentIn()
    {
        Random random = new(1);
        Queue<(int Length, byte First)> there = [];
        for (int i = 0; i < 20_000; i++)
        {
            int length = 1 + random.Next(70_000);
            Span<byte> room = _writer.Reserve(length);
            if (!room.IsEmpty && random.Next(3) > 0)
            {
                room.Fill((byte)i);
                _writer.Commit(length);
                _writer.Publish();
                there.Enqueue((length, (byte)i));
            }
            else if (there.TryDequeue(out (int Length, byte First) expected))
            {
                AssertNext(expected.Length, expected.First);
            }
        }

        while (there.TryDequeue(out (int Length, byte First) expected))
        {
            AssertNext(expected.Length, expected.First);
        }

        Assert.False(_reader.TryPeek(out _));
        Assert.False(_reader.IsFaulty || _writer.IsFaulty);
    }

    [Theory]
    [InlineData(RingBytes + 8ul)]
    [InlineData(12ul)]
    [InlineData(ulong.MaxValue - 7)]
    public void Reader_OfATailThatCannotBe_Stops(ulong tail)
    {
        Write(FirstRecord, 4);
        Write(Tail, tail);
        Assert.False(_reader.TryPeek(out _));
        Assert.True(_reader.IsFaulty);
        Write(Tail, 16);
        Assert.False(_reader.TryPeek(out _));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(9u)]
    [InlineData((uint)RingBytes)]
    [InlineData(uint.MaxValue)]
    [InlineData(uint.MaxValue - 1)]
    [InlineData(0x8000_0000u)]
    public void Reader_OfALengthThatCannotBe_Stops(uint length)
    {
        Write(FirstRecord, length);
        Write(Tail, 16); // which is said to be all there is
        Assert.False(_reader.TryPeek(out _));
        Assert.True(_reader.IsFaulty);
    }

    [Fact]
    public void Reader_OfARecordThatWraps_Stops()
    {
        // Up to eight bytes before the end all is well, and there a record begins that is longer.
        for (int i = 0; i < 2; i++)
        {
            int length = (RingBytes / 2) - 8 - (i * 8);
            Assert.Equal(length, _writer.Reserve(length).Length);
            _writer.Commit(length);
            _writer.Publish();
            AssertNext(length, 0);
        }

        Write(FirstRecord + RingBytes - 8, 100);
        Write(Tail, RingBytes - 8 + 112);
        Assert.False(_reader.TryPeek(out _));
        Assert.True(_reader.IsFaulty);
    }

    [Theory]
    [InlineData(1ul << 40)]
    [InlineData(ulong.MaxValue)]
    public void Writer_OfAHeadThatCannotBe_Stops(ulong head)
    {
        Fill();
        Write(Head, head);
        Assert.True(_writer.Reserve(60_000).IsEmpty);
        Assert.True(_writer.IsFaulty);
        Write(Head, 0);
        Assert.True(_writer.Reserve(1).IsEmpty);
    }

    [Fact]
    public void Writer_OfAHeadThatGoesBack_Stops()
    {
        Fill();
        Assert.True(_reader.TryPeek(out _));
        _reader.Release();
        _reader.Publish();
        Assert.False(_writer.Reserve(1000).IsEmpty);
        _writer.Commit(1000);
        _writer.Publish();
        Fill();
        Write(Head, 0);
        Assert.True(_writer.Reserve(60_000).IsEmpty);
        Assert.True(_writer.IsFaulty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(RingBytes / 2)]
    [InlineData(int.MaxValue)]
    public void Reserve_OfALengthThatNeverFits_IsEmpty(int length) =>
        Assert.True(_writer.Reserve(length).IsEmpty);

    [Fact]
    public void WhoWaits_IsToBeWokenOnce()
    {
        Assert.True(_reader.TryArm());
        Put(100);
        Assert.True(_writer.Publish());
        Put(100);
        Assert.False(_writer.Publish());
        Assert.False(_reader.TryArm()); // something has come
        Fill();
        Assert.True(_writer.Reserve(60_000).IsEmpty);
        Assert.True(_reader.TryPeek(out _));
        _reader.Release();
        Assert.True(_reader.Publish());
        Assert.True(_reader.TryPeek(out _));
        _reader.Release();
        Assert.False(_reader.Publish());
    }

    [Fact]
    public void TwoThreads_ThatWaitForEachOther_LoseNoWake()
    {
        const int records = 300_000;
        using SemaphoreSlim news = new(0);
        using SemaphoreSlim room = new(0);
        bool isStuck = false;
        Thread producer = new(() =>
        {
            for (int i = 0; i < records && !Volatile.Read(ref isStuck); i++)
            {
                int length = LengthOf(i);
                while (_writer.Reserve(length).IsEmpty && !Volatile.Read(ref isStuck))
                {
                    Ring(_writer.Publish(), news);
                    Await(room, ref isStuck);
                }

                _writer.Commit(length);
                Ring(i % 5 == 0 && _writer.Publish(), news);
            }

            Ring(_writer.Publish(), news);
        });
        producer.Start();
        int taken = 0;
        while (taken < records && !Volatile.Read(ref isStuck))
        {
            while (_reader.TryPeek(out BufferSegment record))
            {
                Assert.Equal(LengthOf(taken), record.LengthBytes);
                _reader.Release();
                taken++;
                Ring(taken % 7 == 0 && _reader.Publish(), room);
            }

            Ring(_reader.Publish(), room);
            if (taken < records && _reader.TryArm())
            {
                Await(news, ref isStuck);
            }
        }

        producer.Join();
        Assert.False(isStuck, $"somebody waits in vain after {taken} records");
    }

    private static int LengthOf(int record) => 1 + (int)(record * 7919L % 4000);

    private static void Ring(bool isWaitedFor, SemaphoreSlim doorbell)
    {
        if (isWaitedFor)
        {
            doorbell.Release();
        }
    }

    private static void Await(SemaphoreSlim doorbell, ref bool isStuck)
    {
        if (!doorbell.Wait(TimeSpan.FromSeconds(20)))
        {
            Volatile.Write(ref isStuck, true);
        }
    }

    private void Put(int length)
    {
        Assert.False(_writer.Reserve(length).IsEmpty);
        _writer.Commit(length);
    }

    private void Fill()
    {
        while (!_writer.Reserve(60_000).IsEmpty)
        {
            _writer.Commit(60_000);
        }

        _writer.Publish();
    }

    private void AssertNext(int length, byte first)
    {
        Assert.True(_reader.TryPeek(out BufferSegment record));
        Assert.Equal(length, record.LengthBytes);
        Assert.Equal(first, record.Bytes[0]);
        Assert.Equal(first, record.Bytes[^1]);
        _reader.Release();
        _reader.Publish();
    }

    // As the other process would.
    private void Write(int offset, ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        Assert.Equal(bytes.Length, MemoryFiles.WriteAt(_memory.File, bytes, offset));
    }
}
