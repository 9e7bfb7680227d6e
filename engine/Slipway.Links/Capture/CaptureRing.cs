using Slipway.Linux;

namespace Slipway.Links;

/// <summary>
/// The last frames of all guests, in a memory of fixed size, to be read afterwards.
/// </summary>
/// <remarks>
/// Theory of operation. The memory is cut into pieces, each of whole blocks; when all are full the
/// oldest one is written anew. A reader copies piece by piece, so that a worker waits for a copy of
/// one piece at most; one that was written anew meanwhile is left out.
/// </remarks>
public sealed class CaptureRing : ICaptureSink
{
    /// <summary>Bounds of the memory, in bytes.</summary>
    public const int SmallestBytes = 1 << 20;
    public const int LargestBytes = 1 << 30;

    /// <summary>The largest frame with its comment fits four times.</summary>
    private const int PieceBytes = 512 << 10;

    private readonly Lock _lock = new();
    private readonly CaptureSection _section;
    private readonly byte[][] _pieces;
    private readonly int[] _used;
    private readonly long[] _frames;
    private long _last;
    private long _overwritten;

    /// <param name="sizeBytes">From <see cref="SmallestBytes"/>.</param>
    /// <param name="settings">What is kept.</param>
    /// <param name="nameOf">What a link is called.</param>
    public CaptureRing(int sizeBytes, CaptureSettings settings, Func<int, string> nameOf)
    {
        _section = new CaptureSection(settings, nameOf);
        int pieces = Math.Max(2, sizeBytes / PieceBytes);
        _pieces = new byte[pieces][];
        _used = new int[pieces];
        _frames = new long[pieces];
    }

    public int SizeBytes => _pieces.Length * PieceBytes;

    /// <summary>Frames that are kept, and those that made room for them.</summary>
    public (long Kept, long Overwritten) Frames
    {
        get
        {
            lock (_lock)
            {
                long kept = 0;
                foreach (long frames in _frames)
                {
                    kept += frames;
                }

                return (kept, _overwritten);
            }
        }
    }

    public void Take(in CapturedFrame frame)
    {
        lock (_lock)
        {
            if (!_section.Wants(frame))
            {
                return;
            }

            int number = _section.Find(frame.Link);
            bool isNew = number < 0;
            if (isNew)
            {
                number = _section.Add(frame.Link);
            }

            // A reader that has written the interfaces does not read beyond this piece.
            int bytes = _section.Measure(frame);
            int place = (int)(_last % _pieces.Length);
            if (_used[place] + bytes > PieceBytes || (isNew && _used[place] > 0))
            {
                place = (int)(++_last % _pieces.Length);
                _overwritten += _frames[place];
                _used[place] = 0;
                _frames[place] = 0;
            }

            byte[] piece = _pieces[place] ??= new byte[PieceBytes];
            _section.Write(piece.AsSpan(_used[place], bytes), number, frame);
            _section.Count(number, isInTheFile: true);
            _used[place] += bytes;
            _frames[place]++;
        }
    }

    /// <summary>What a file of the ring begins with: the section and its interfaces.</summary>
    /// <param name="end">The number of the piece that does not belong to it any more.</param>
    public byte[] WriteHead(out long end)
    {
        lock (_lock)
        {
            end = _last + 1;
            int bytes = PcapngWriter.HeadBytes;
            for (int i = 0; i < _section.Interfaces; i++)
            {
                bytes += _section.InterfaceBytes(i);
            }

            byte[] head = new byte[bytes];
            PcapngWriter.WriteHead(head);
            int used = PcapngWriter.HeadBytes;
            for (int i = 0; i < _section.Interfaces; i++)
            {
                int length = _section.InterfaceBytes(i);
                _section.WriteInterface(head.AsSpan(used, length), i);
                used += length;
            }

            return head;
        }
    }

    /// <summary>
    /// A copy of the oldest piece that is there and not older than a number, which becomes that of
    /// the next one.
    /// </summary>
    /// <param name="next">0 at first.</param>
    /// <param name="end">What the head said.</param>
    /// <returns>Null at the end.</returns>
    public byte[]? ReadNext(ref long next, long end)
    {
        lock (_lock)
        {
            next = Math.Max(next, Math.Max(0, _last - _pieces.Length + 1));
            if (next >= end)
            {
                return null;
            }

            int place = (int)(next++ % _pieces.Length);
            return _used[place] == 0 ? [] : _pieces[place].AsSpan(0, _used[place]).ToArray();
        }
    }

    /// <summary>What a file of the ring ends with.</summary>
    public byte[] WriteStatistics()
    {
        lock (_lock)
        {
            byte[] end = new byte[_section.Interfaces * PcapngWriter.StatisticsBytes];
            for (int i = 0; i < _section.Interfaces; i++)
            {
                _section.WriteStatistics(
                    end.AsSpan(i * PcapngWriter.StatisticsBytes), i,
                    TimeSpecification.RealtimeNanoseconds());
            }

            return end;
        }
    }
}
