using System.Globalization;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>The end of an engine that is told to end.</summary>
public sealed partial class NetworkEngine
{
    private int _isDraining;

    /// <summary>
    /// Ends <see cref="Run"/> as soon as no TCP connection is open, and at the latest when the time
    /// is over: connections that are left are reset on both sides then. New ones are refused, and
    /// published ports closed, from here on. From any thread; returns at once. The second call ends
    /// all at the end of the turn.
    /// </summary>
    /// <param name="time">How long open connections may go on; zero for none.</param>
    public void Drain(TimeSpan time)
    {
        if (Interlocked.Exchange(ref _isDraining, 1) == 1)
        {
            Stop();
            return;
        }

        _keeper.Mailbox.Post(new Invocation(now => BeginDrain(time, now)));
    }

    private void BeginDrain(TimeSpan time, Instant now)
    {
        foreach (PublishedPort port in _published)
        {
            port.Publication.Close();
        }

        _published.Clear();
        _publishedNow = [];
        _waiting?.Drop(null);
        EngineDrain drain = new(_keeper, _shards, Stop);
        int open = drain.CountOpen();
        if (open > 0 && time > TimeSpan.Zero)
        {
            string left = time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            _log.Write(
                LogLevel.Information,
                $"ending: {open} connections have {left} s left; "
                    + "a second signal ends them at once");
        }

        drain.Begin(now + Duration.FromMilliseconds((long)time.TotalMilliseconds), now);
    }
}
