namespace Slipway.Stack.Tests.Tcp;

/// <summary>The buffer against a plain model, also when memory is short.</summary>
public sealed class TcpReceiveBufferTests
{
    private const int CapacityBytes = 8 * ChunkPool.ChunkBytes;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(64)]
    public void Write_AtRandom_IsWhatTheModelHolds(int poolChunks)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            new Exercise(seed, poolChunks).Run();
        }
    }

    [Fact]
    public void Write_PoolEmptyAndAllHolesInUse_DropsWhatWouldBeOneMore()
    {
        ChunkPool pool = Pool(2);
        TcpReceiveBuffer buffer = new(pool, link: 1, CapacityBytes);
        for (int i = 0; i < TcpReceiveBuffer.MaxHoles - 1; i++)
        {
            Assert.True(buffer.Write(2 + (2 * i), [1]));
        }

        // The last range is two chunks away; the pool has none for the chunk between them.
        long far = 2 * ChunkPool.ChunkBytes;
        Assert.True(buffer.Write(far, [1]));
        Assert.Equal(TcpReceiveBuffer.MaxHoles, buffer.RangeCount);

        // As a whole it joins the far range; what is kept of it does not.
        long from = ChunkPool.ChunkBytes - 100;
        Assert.False(buffer.Write(from, new byte[far - from]));

        Assert.Equal(TcpReceiveBuffer.MaxHoles, buffer.RangeCount);
        Assert.False(buffer.Write(from + 1_000, [1]));
        Assert.True(buffer.Write(far + 1, [1]));
        buffer.Clear();
        Assert.Equal(0, pool.RentedBytes);
    }

    [Fact]
    public void EndAt_KeepsWhatIsBeforeIt_AndNothingElse()
    {
        ChunkPool pool = Pool(8);
        TcpReceiveBuffer buffer = new(pool, link: 1, CapacityBytes);
        buffer.Reset((5 * ChunkPool.ChunkBytes) - 3);
        Assert.True(buffer.Write(buffer.InOrderEnd, [1, 2, 3, 4, 5]));
        Assert.True(buffer.Write(buffer.InOrderEnd + 1, [6, 7]));
        Assert.True(buffer.Write(buffer.InOrderEnd + 5, [8]));
        Assert.True(buffer.Write(buffer.InOrderEnd + (3 * ChunkPool.ChunkBytes), [9]));

        buffer.EndAt(buffer.InOrderEnd + 2);

        Assert.Equal(1, buffer.RangeCount);
        Assert.Equal((buffer.InOrderEnd + 1, buffer.InOrderEnd + 2), buffer.GetRange(0));
        Assert.Equal(2 * ChunkPool.ChunkBytes, pool.RentedBytes);
        Assert.Equal([1, 2, 3], buffer.Peek().ToArray());
        buffer.Advance(5);
        buffer.EndAt(buffer.InOrderEnd);
        Assert.Equal(0, pool.RentedBytes);
    }

    // Of so many chunks for a guest that is alone.
    private static ChunkPool Pool(int chunks) => new(new GuestShares(), new StackLimits
    {
        TcpReceiveBytes = ((chunks * ChunkPool.ChunkBytes * 8) + 6) / 7,
    });

    private sealed class Exercise(int seed, int poolChunks)
    {
        private readonly Random _random = new(seed);
        private readonly ChunkPool _pool = Pool(poolChunks);
        private readonly bool[] _isHere = new bool[CapacityBytes * 4];

        public void Run()
        {
            TcpReceiveBuffer buffer = new(_pool, link: 1, CapacityBytes);
            for (int step = 0; step < 300; step++)
            {
                Write(buffer);
                Check(buffer);
                if (_random.Next(4) == 0)
                {
                    Take(buffer);
                }
            }

            buffer.Clear();
            Assert.Equal(0, _pool.RentedBytes);
        }

        private static byte At(long position) => (byte)((position * 31) ^ (position >> 8));

        private void Write(TcpReceiveBuffer buffer)
        {
            long room = Math.Min(buffer.Head + CapacityBytes, _isHere.Length) - buffer.InOrderEnd;
            int distance = _random.Next(3) == 0 ? 0 : _random.Next((int)Math.Max(room, 1));
            int length = _random.Next(2) == 0 ? 1 : _random.Next(1, 70_000);
            length = (int)Math.Min(length, room - distance);
            if (length <= 0)
            {
                return;
            }

            long position = buffer.InOrderEnd + distance;
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++)
            {
                bytes[i] = At(position + i);
            }

            bool isWhole = buffer.Write(position, bytes);
            if (isWhole)
            {
                _isHere.AsSpan((int)position, length).Fill(true);
            }
            else
            {
                Adopt(buffer);
            }
        }

        /// <summary>A part may have been kept: the model takes the ranges over.</summary>
        private void Adopt(TcpReceiveBuffer buffer)
        {
            _isHere.AsSpan(0, (int)buffer.InOrderEnd).Fill(true);
            for (int i = 0; i < buffer.RangeCount; i++)
            {
                (long start, long end) = buffer.GetRange(i);
                _isHere.AsSpan((int)start, (int)(end - start)).Fill(true);
            }
        }

        private void Check(TcpReceiveBuffer buffer)
        {
            Assert.InRange(buffer.RangeCount, 0, TcpReceiveBuffer.MaxHoles);
            int next = Array.IndexOf(_isHere, false);
            Assert.Equal(next < 0 ? _isHere.Length : next, buffer.InOrderEnd);
            long held = 0;
            for (int i = 0; i < buffer.RangeCount; i++)
            {
                (long start, long end) = buffer.GetRange(i);
                Assert.True(start > buffer.InOrderEnd && end > start);
                held += end - start;
            }

            long expected = _isHere.AsSpan((int)buffer.InOrderEnd).Count(true);
            Assert.Equal(expected, held);
        }

        private void Take(TcpReceiveBuffer buffer)
        {
            ReadOnlySpan<byte> next = buffer.Peek();
            for (int i = 0; i < next.Length; i++)
            {
                Assert.Equal(At(buffer.Head + i), next[i]);
            }

            buffer.Advance(next.IsEmpty ? 0 : _random.Next(next.Length + 1));
        }
    }
}
