using Slipway.Stack;

namespace Slipway.Links.Tests.Ring;

public sealed class FrameRingTests
{
    [Fact]
    public void Record_CarriesEverything()
    {
        FrameRing ring = new(1_024);
        FrameOffload offload = new()
        {
            ChecksumStart = 34, ChecksumOffset = 16, SegmentBytes = 1_448, HeaderBytes = 66,
            Kind = SegmentKind.Tcp4,
        };
        byte[] frame = [.. Enumerable.Range(0, 77).Select(i => (byte)i)];
        Assert.True(ring.IsEmpty);
        frame.CopyTo(ring.Reserve(frame.Length));
        Assert.Equal(frame, ring.Reserved.ToArray());
        Assert.True(ring.IsEmpty); // not before it is committed
        ring.Commit(3, -7, frame.Length, offload);
        Assert.True(ring.Reserved.IsEmpty);
        Assert.False(ring.IsEmpty);

        Assert.True(ring.TryPeek(out RingRecord record));
        Assert.Equal(3u, record.Kind);
        Assert.Equal(-7, record.Port);
        Assert.Equal(offload, record.Offload);
        Assert.Equal(frame, record.Frame.ToArray());
        ring.Release();
        Assert.True(ring.IsEmpty);
        Assert.False(ring.TryPeek(out _));
    }

    [Fact]
    public void Reserve_OfAFullRing_IsEmptyUntilRoomIsReleased()
    {
        FrameRing ring = new(256);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(96, ring.Reserve(96).Length); // and a header of 32
            ring.Commit(0, i, 96, default);
        }

        Assert.True(ring.Reserve(1).IsEmpty);
        Assert.True(ring.Reserved.IsEmpty);
        Assert.True(ring.TryPeek(out RingRecord record));
        Assert.Equal(0, record.Port);
        ring.Release();
        Assert.Equal(96, ring.Reserve(96).Length);
    }

    [Fact]
    public void Reserve_WithoutCommit_IsVoid()
    {
        FrameRing ring = new(256);
        ring.Reserve(100).Fill(1);
        ring.Reserve(10).Fill(2);
        ring.Commit(0, 0, 4, default);
        Assert.True(ring.TryPeek(out RingRecord record));
        Assert.Equal([2, 2, 2, 2], record.Frame.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(32)]
    public void Size_ThatIsNoPowerOfTwoOrTooSmall_IsRefused(int sizeBytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new FrameRing(sizeBytes));

    [Theory]
    [InlineData(256, 96)]
    [InlineData(4_096, 2_016)]
    [InlineData(1 << 16, 1_500)]
    public void Records_OfAllLengths_ComeOutAsTheyWentIn(int sizeBytes, int longest)
    {
        FrameRing ring = new(sizeBytes);
        Random random = new(sizeBytes);
        Queue<byte[]> model = new();
        for (int i = 0; i < 50_000; i++)
        {
            int length = random.Next(longest + 1);
            bool writes = random.Next(2) == 0;
            if (writes && ring.Reserve(length) is var room && room.Length == length
                && (length > 0 || !ring.Reserved.IsEmpty))
            {
                byte[] frame = new byte[length];
                random.NextBytes(frame);
                frame.CopyTo(room);
                ring.Commit(0, length, length, default);
                model.Enqueue(frame);
            }
            else if (!writes && ring.TryPeek(out RingRecord record))
            {
                Assert.Equal(model.Dequeue(), record.Frame.ToArray());
                ring.Release();
            }

            Assert.Equal(model.Count == 0, ring.IsEmpty);
        }
    }

    [Fact]
    public async Task TwoThreads_LoseNothingAndTearNothing()
    {
        const int records = 400_000;
        FrameRing ring = new(1 << 14);
        Task writer = Task.Run(() =>
        {
            Random random = new(1);
            for (int i = 0; i < records; i++)
            {
                int length = random.Next(1, 1_500);
                Span<byte> room;
                while ((room = ring.Reserve(length)).IsEmpty)
                {
                    Thread.Yield();
                }

                room.Fill((byte)i);
                ring.Commit((uint)i, length, length, default);
            }
        });
        Task<string?> reader = Task.Run(() =>
        {
            for (int i = 0; i < records; i++)
            {
                RingRecord record;
                while (!ring.TryPeek(out record))
                {
                    if (writer.IsFaulted)
                    {
                        return "the writer failed";
                    }

                    Thread.Yield();
                }

                if (record.Kind != i || record.Port != record.Frame.Length
                    || record.Frame.ContainsAnyExcept((byte)i))
                {
                    return $"record {i} is not what was written";
                }

                ring.Release();
            }

            return null;
        });
        await writer.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Null(await reader.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(ring.IsEmpty);
    }
}
