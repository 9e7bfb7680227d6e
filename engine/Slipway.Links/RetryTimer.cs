using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// Ends the worker's wait while a frame waits for room at a datagram guest, or a listener for a
/// descriptor; the turn's flush then tries it again. The pause doubles while that is in vain: a
/// guest that is halted costs little.
/// </summary>
internal sealed class RetryTimer : IReadinessOwner, IDisposable
{
    /// <summary>
    /// A guest's queue may hold as few as 10 frames (net.unix.max_dgram_qlen): at this pause they
    /// are 40,000 frames a second.
    /// </summary>
    private const long ShortestNanoseconds = 250_000;

    private const long LongestNanoseconds = 64_000_000;

    private readonly byte[] _expirations = new byte[sizeof(ulong)];
    private readonly int _timer;
    private IDescriptorWatcher? _watcher;
    private readonly long _shortestNanoseconds;
    private long _pauseNanoseconds;
    private bool _isArmed;

    /// <exception cref="LinkException">The process is out of descriptors.</exception>
    internal RetryTimer(GuestLink link, long shortestNanoseconds = ShortestNanoseconds)
    {
        _shortestNanoseconds = shortestNanoseconds;
        _pauseNanoseconds = shortestNanoseconds;
        _timer = TimerDescriptor.Create();
        if (_timer < 0)
        {
            throw new LinkException($"{link.Description} cannot have a timer "
                + $"({SocketPath.Text(-_timer)}); raise the limit (ulimit -n)");
        }
    }

    internal void Start(IDescriptorWatcher watcher)
    {
        _watcher = watcher;
        watcher.Watch(_timer, Readiness.Readable, this);
    }

    /// <summary>Has a turn taken after a pause, if none is coming already.</summary>
    internal void Arm()
    {
        if (!_isArmed)
        {
            _isArmed = true;
            _ = TimerDescriptor.Set(_timer, _pauseNanoseconds);
            _pauseNanoseconds = Math.Max(
                Math.Min(_pauseNanoseconds * 2, LongestNanoseconds), _shortestNanoseconds);
        }
    }

    /// <summary>The guest takes frames again.</summary>
    internal void Reset() => _pauseNanoseconds = _shortestNanoseconds;

    public void OnReady(Readiness readiness, Instant now)
    {
        _ = Files.Read(_timer, _expirations);
        _isArmed = false;
    }

    public void Dispose()
    {
        _watcher?.Unwatch(_timer);
        Files.Close(_timer);
    }
}
