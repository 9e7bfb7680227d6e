using Slipway.Linux;

namespace Slipway.Links;

/// <summary>A capture on its way to a reader, as pcapng.</summary>
/// <remarks>
/// Theory of operation. Workers put blocks into a buffer, under a lock that is held for a copy;
/// the reader takes it while another one fills. A reader that does not keep up costs frames, which
/// are counted in the file, and never holds up a worker.
/// </remarks>
public sealed class CaptureBuffer : ICaptureSink, IDisposable
{
    /// <summary>Some thirty of the largest frames, of each buffer.</summary>
    private const int BufferBytes = 2 << 20;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly CaptureSection _section;
    private byte[] _filling = new byte[BufferBytes];
    private byte[] _reading = new byte[BufferBytes];
    private int _usedBytes;
    private long _framesLeft;
    private bool _isEnding;
    private bool _hasEnd;
    private bool _isDisposed;

    /// <param name="settings">What is captured.</param>
    /// <param name="links">The links that there are; more may come.</param>
    /// <param name="nameOf">What a link is called.</param>
    public CaptureBuffer(
        CaptureSettings settings, ReadOnlySpan<int> links, Func<int, string> nameOf)
    {
        _section = new CaptureSection(settings, nameOf);
        _framesLeft = settings.MostFrames ?? long.MaxValue;
        PcapngWriter.WriteHead(_filling);
        _usedBytes = PcapngWriter.HeadBytes;
        foreach (int link in links)
        {
            _ = settings.Link is null || settings.Link == link ? NumberOf(link) : -1;
        }

        _news.Release();
    }

    /// <summary>Signaled when there is something to take.</summary>
    public SemaphoreSlim News => _news;

    public void Take(in CapturedFrame frame)
    {
        lock (_lock)
        {
            if (_isEnding || !_section.Wants(frame))
            {
                return;
            }

            int number = NumberOf(frame.Link);
            if (number < 0)
            {
                return;
            }

            int bytes = _section.Measure(frame);
            bool fits = HasRoom(bytes);
            _section.Count(number, fits);
            if (!fits)
            {
                return;
            }

            _section.Write(_filling.AsSpan(_usedBytes, bytes), number, frame);
            _usedBytes += bytes;
            _isEnding = --_framesLeft == 0;
            Tell();
        }
    }

    /// <summary>No more comes; what is there can be taken still. More than once.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isEnding = true;
            Tell();
        }
    }

    /// <summary>What there is, in whole blocks, until this is called again.</summary>
    /// <returns>False when all has been taken and no more comes.</returns>
    public bool TryTake(out ReadOnlyMemory<byte> blocks)
    {
        lock (_lock)
        {
            if (_isEnding && !_hasEnd && _usedBytes == 0)
            {
                WriteStatistics();
                _hasEnd = true;
            }

            blocks = _filling.AsMemory(0, _usedBytes);
            (_filling, _reading) = (_reading, _filling);
            _usedBytes = 0;
            if (_isEnding)
            {
                Tell();
            }

            return !blocks.IsEmpty || !_hasEnd;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isEnding = true;
            _isDisposed = true;
            _news.Dispose();
        }
    }

    // The number of a link's interface; -1 where there is no room to describe it.
    private int NumberOf(int link)
    {
        int number = _section.Find(link);
        if (number >= 0 || !HasRoom(CaptureSection.LargestInterfaceBytes))
        {
            return number;
        }

        number = _section.Add(link);
        int bytes = _section.InterfaceBytes(number);
        _section.WriteInterface(_filling.AsSpan(_usedBytes, bytes), number);
        _usedBytes += bytes;
        return number;
    }

    private bool HasRoom(int bytes) => _usedBytes + bytes <= BufferBytes;

    private void WriteStatistics()
    {
        long now = TimeSpecification.RealtimeNanoseconds();
        for (int i = 0; i < _section.Interfaces && HasRoom(PcapngWriter.StatisticsBytes); i++)
        {
            _section.WriteStatistics(
                _filling.AsSpan(_usedBytes, PcapngWriter.StatisticsBytes), i, now);
            _usedBytes += PcapngWriter.StatisticsBytes;
        }
    }

    private void Tell()
    {
        if (!_isDisposed && _news.CurrentCount == 0)
        {
            _news.Release();
        }
    }
}
