using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>Writes the frames of all guests to a descriptor as pcapng.</summary>
/// <remarks>
/// Theory of operation. Workers put blocks into a buffer, under a lock that is held for a copy;
/// a thread writes what is there while the other buffer fills. A reader that does not keep up
/// costs frames, which are counted in the file, and never holds up a worker.
/// </remarks>
public sealed class FrameCapture : IFrameCapture, IDisposable
{
    /// <summary>Some thirty of the largest frames, of each buffer.</summary>
    private const int BufferBytes = 2 << 20;

    private const int LargestSnapBytes = 262_144;

    private readonly object _lock = new();
    private readonly int _descriptor;
    private readonly int _snapBytes;
    private readonly Thread _thread;
    private byte[] _filling = new byte[BufferBytes];
    private byte[] _written = new byte[BufferBytes];
    private int _usedBytes;
    private long _received;
    private long _dropped;
    private bool _isStopping;

    /// <param name="descriptor">A file, a pipe or a socket that blocks; this object's.</param>
    /// <param name="snapLengthBytes">Of each frame at most; 0 for all.</param>
    public FrameCapture(int descriptor, int snapLengthBytes)
    {
        _descriptor = descriptor;
        _snapBytes = snapLengthBytes is > 0 and < LargestSnapBytes
            ? snapLengthBytes : LargestSnapBytes;
        PcapngWriter.WriteHead(_filling, _snapBytes);
        _usedBytes = PcapngWriter.HeadBytes;
        _thread = new Thread(Write) { Name = "slipway capture", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The reader has gone, or the disk is full: nothing is written any more.</summary>
    public bool IsBroken { get; private set; }

    public void Record(bool isFromGuest, ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> captured = frame[..Math.Min(frame.Length, _snapBytes)];
        int bytes = PcapngWriter.PacketBytes(captured.Length);
        long now = TimeSpecification.RealtimeNanoseconds();
        lock (_lock)
        {
            _received++;
            if (_usedBytes + bytes > BufferBytes || IsBroken || _isStopping)
            {
                _dropped++;
                return;
            }

            PcapngWriter.WritePacket(
                _filling.AsSpan(_usedBytes, bytes), isFromGuest, captured, frame.Length, now);
            _usedBytes += bytes;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>
    /// Writes what is there, and the statistics; does not wait for a dead reader.
    /// </summary>
    public void Dispose()
    {
        const int patienceMs = 2_000;
        lock (_lock)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            Monitor.Pulse(_lock);
        }

        _ = _thread.Join(patienceMs);
    }

    private void Write()
    {
        // A reader that goes away is no reason to end the process.
        Signals.BlockPipe();
        while (TryTake(out int count))
        {
            Write(_written.AsSpan(0, count));
        }

        Span<byte> end = stackalloc byte[PcapngWriter.StatisticsBytes];
        PcapngWriter.WriteStatistics(
            end, _received, _dropped, TimeSpecification.RealtimeNanoseconds());
        Write(end);
        Files.Close(_descriptor); // here, and so also where a dead reader holds this up
    }

    // Waits for something to write; false when all is written and no more comes.
    private bool TryTake(out int count)
    {
        lock (_lock)
        {
            while (_usedBytes == 0 && !_isStopping)
            {
                Monitor.Wait(_lock);
            }

            count = _usedBytes;
            (_filling, _written) = (_written, _filling);
            _usedBytes = 0;
            return count > 0;
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !IsBroken)
        {
            int written = Files.Write(_descriptor, bytes);
            if (written == -Errno.EAGAIN)
            {
                Files.AwaitWritable(_descriptor);
            }
            else if (written != -Errno.EINTR)
            {
                IsBroken = written <= 0;
                bytes = bytes[Math.Max(written, 0)..];
            }
        }
    }
}
