using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A Unix stream socket that guests or their VMMs connect to.</summary>
internal sealed class GuestListener : IReadinessOwner, IDisposable
{
    /// <summary>How long it rests when the host has no descriptors to accept with.</summary>
    private static readonly Duration AcceptPause = Duration.FromSeconds(1);

    private readonly string _description;
    private readonly UnixSocketFile _path;
    private readonly int _descriptor;
    private readonly Action<int, Instant> _accept;
    private readonly Action<string> _report;
    private readonly RetryTimer _timer;
    private IDescriptorWatcher? _watcher;
    private Instant _acceptAgain = Instant.Never;
    private bool _shortageReported;
    private bool _isDisposed;

    private GuestListener(
        GuestLink link, UnixSocketFile path, int descriptor, RetryTimer timer,
        Action<int, Instant> accept, Action<string> report)
    {
        _description = link.Description;
        _path = path;
        _descriptor = descriptor;
        _accept = accept;
        _report = report;
        _timer = timer;
    }

    /// <summary>Binds a path and listens; nobody is accepted before the start.</summary>
    /// <param name="accept">Takes over a connected, non-blocking socket.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    internal static GuestListener Bind(
        GuestLink link, string path, int backlog, Action<int, Instant> accept,
        Action<string> report)
    {
        RetryTimer timer = new(link, AcceptPause.Nanoseconds);
        try
        {
            UnixSocketFile bound = SocketPath.Bind(path, Sockets.Stream, out int listener);
            int result = Sockets.Listen(listener, backlog);
            if (result >= 0)
            {
                return new GuestListener(link, bound, listener, timer, accept, report);
            }

            bound.Remove();
            Files.Close(listener);
            throw new LinkException(
                $"cannot listen on {path} ({SocketPath.Text(-result)}); choose another path");
        }
        catch
        {
            timer.Dispose();
            throw;
        }
    }

    internal void Start(IDescriptorWatcher watcher)
    {
        _watcher = watcher;
        watcher.Watch(_descriptor, Readiness.Readable, this);
        _timer.Start(watcher);
    }

    /// <summary>Somebody connects.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        int accepted;
        while ((accepted = Sockets.Accept(_descriptor, default)) >= 0)
        {
            _accept(accepted, now);
        }

        if (-accepted is not (Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM))
        {
            _shortageReported = false;
            return;
        }

        // The connection stays in the backlog and would end every wait at once.
        _watcher!.Unwatch(_descriptor);
        _acceptAgain = now + AcceptPause;
        _timer.Arm();
        if (!_shortageReported)
        {
            _shortageReported = true;
            _report($"{_description} cannot take a guest ({SocketPath.Text(-accepted)}); "
                + "raise the limit (ulimit -n)");
        }
    }

    /// <summary>End of each turn.</summary>
    internal void Flush(Instant now)
    {
        if (now >= _acceptAgain)
        {
            _acceptAgain = Instant.Never;
            _watcher!.Watch(_descriptor, Readiness.Readable, this);
        }
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _timer.Dispose();
        _path.Remove();
        _watcher?.Unwatch(_descriptor);
        Files.Close(_descriptor);
    }
}
