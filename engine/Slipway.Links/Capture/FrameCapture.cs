using Slipway.Linux;

namespace Slipway.Links;

/// <summary>Writes the frames of all guests to a descriptor as pcapng, on a thread.</summary>
public sealed class FrameCapture : ICaptureSink, IDisposable
{
    private readonly int _descriptor;
    private readonly CaptureBuffer _buffer;
    private readonly Thread _thread;

    /// <param name="descriptor">A file, a pipe or a socket that blocks; this object's.</param>
    /// <param name="buffer">What is written; this object's.</param>
    public FrameCapture(int descriptor, CaptureBuffer buffer)
    {
        _descriptor = descriptor;
        _buffer = buffer;
        _thread = new Thread(Write) { Name = "slipway capture", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The reader has gone, or the disk is full: nothing is written any more.</summary>
    public bool IsBroken { get; private set; }

    public void Take(in CapturedFrame frame) => _buffer.Take(frame);

    /// <summary>
    /// Writes what is there, and the statistics; does not wait for a dead reader.
    /// </summary>
    public void Dispose()
    {
        const int patienceMs = 2_000;
        _buffer.End();
        _ = _thread.Join(patienceMs);
    }

    private void Write()
    {
        // A reader that goes away is no reason to end the process.
        Signals.BlockPipe();
        ReadOnlyMemory<byte> blocks;
        do
        {
            _buffer.News.Wait();
            if (!_buffer.TryTake(out blocks))
            {
                break;
            }

            Write(blocks.Span);
        }
        while (!IsBroken);
        _buffer.Dispose();
        Files.Close(_descriptor); // here, and so also where a dead reader holds this up
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
