using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// The place of a listener: where somebody has removed its file, guests would not find it any more,
/// and another socket is made there. Guests that are connected notice nothing.
/// </summary>
/// <param name="path">Of the socket.</param>
/// <param name="type">Stream or sequenced packets.</param>
/// <param name="backlog">Guests that may wait.</param>
/// <param name="file">Bound already.</param>
/// <param name="report">Told in a sentence what has happened.</param>
internal sealed class SocketPlace(
    string path, int type, int backlog, UnixSocketFile file, Action<string> report)
    : IReadinessOwner, IDisposable
{
    private UnixSocketFile _file = file;
    private IDescriptorWatcher? _watcher;
    private Action<int>? _moved;
    private int _watch = -1;

    /// <summary>Nobody finds the socket: <see cref="TryReturn"/> in a while.</summary>
    public bool IsLost { get; private set; }

    /// <param name="watcher">The worker's.</param>
    /// <param name="moved">Takes over a socket that listens, in place of the old one.</param>
    public void Start(IDescriptorWatcher watcher, Action<int> moved)
    {
        _watcher = watcher;
        _moved = moved;
        WatchFile();
    }

    public void OnReady(Readiness readiness, Instant now)
    {
        UnixSocketFile.TakeNews(_watch);
        TryReturn();
    }

    /// <summary>Makes another socket where the file has gone.</summary>
    public void TryReturn()
    {
        if (_file.IsThere)
        {
            IsLost = false;
            return;
        }

        try
        {
            UnixSocketFile made = UnixSocketFile.Bind(path, type, out int descriptor);
            _ = Sockets.Listen(descriptor, backlog);
            Unwatch();
            _file = made;
            IsLost = false;
            _moved!(descriptor);
            WatchFile();
            report($"{path} was removed by another program: made anew");
        }
        catch (UnixSocketException e)
        {
            if (!IsLost)
            {
                report($"{path} was removed or replaced by another program, and no guest finds it: "
                    + e.Message);
            }

            IsLost = true;
        }
    }

    public void Dispose()
    {
        Unwatch();
        _file.Remove();
    }

    private void WatchFile()
    {
        _watch = _file.Watch();
        if (_watch >= 0)
        {
            _watcher!.Watch(_watch, Readiness.Readable, this);
        }
    }

    private void Unwatch()
    {
        if (_watch >= 0)
        {
            _watcher?.Unwatch(_watch);
            Files.Close(_watch);
            _watch = -1;
        }
    }
}
