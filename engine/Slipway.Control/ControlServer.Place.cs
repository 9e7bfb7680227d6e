using Slipway.Engine;
using Slipway.Linux;

namespace Slipway.Control;

/// <summary>
/// The socket's file: where somebody has removed it, a cleaner of old files or a service manager,
/// the server comes back there. Clients that are connected notice nothing.
/// </summary>
public sealed partial class ControlServer
{
    private void WatchFile()
    {
        _watch = _file.Watch();
        if (_watch >= 0)
        {
            _ = Epoll.Control(_epoll, Epoll.Add, _watch, Epoll.In, 0);
        }

        _isLost = _watch >= 0 && !_file.IsThere; // gone before it was watched
    }

    private void KeepPlace()
    {
        if (_isStopping || _watch < 0)
        {
            return;
        }

        UnixSocketFile.TakeNews(_watch);
        if (_file.IsThere)
        {
            return;
        }

        try
        {
            _place.MakeFolder();
            UnixSocketFile file =
                UnixSocketFile.Bind(Path, Sockets.Stream, out int listener);
            Replace(file, listener);
            _log.Write(LogLevel.Warning, $"{Path} was removed by another program: made anew");
        }
        catch (UnixSocketException e)
        {
            if (!_isLost)
            {
                _log.Write(
                    LogLevel.Warning, $"{Path} was removed or replaced by another program, and "
                        + $"nobody can control this engine: {e.Message}");
            }

            _isLost = true; // and tried again in a while
        }
    }

    private void Replace(UnixSocketFile file, int listener)
    {
        _ = Epoll.Control(_epoll, Epoll.Remove, _listener, 0, 0);
        _ = Epoll.Control(_epoll, Epoll.Remove, _watch, 0, 0);
        Files.Close(_listener);
        Files.Close(_watch);
        _file = file;
        _listener = listener;
        _ = Sockets.Listen(_listener, Backlog);
        _ = Epoll.Control(_epoll, Epoll.Add, _listener, Epoll.In, 0);
        WatchFile();
    }
}
