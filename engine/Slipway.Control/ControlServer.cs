using System.Net.Sockets;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway.Control;

/// <summary>
/// The control socket of a running engine: HTTP with JSON, for the user who started it.
/// </summary>
/// <remarks>
/// Most engines never have a client: until the first one comes there is a thread that waits, and
/// neither a web server nor the runtime's own sockets.
/// </remarks>
public sealed partial class ControlServer : IDisposable
{
    // A client of a Unix socket is not asked to wait: what finds no room here fails at once.
    private const int Backlog = 512;
    private const long PauseNanoseconds = 1_000_000_000;

    private readonly NetworkEngine _engine;
    private readonly string _version;
    private readonly IEngineLog _log;
    private readonly ControlPath _place;
    private readonly Thread _thread;
    private UnixSocketFile _file;
    private int _listener;
    private int _watch = -1;
    private bool _isLost;
    private readonly int _wake;
    private readonly int _epoll;
    private volatile bool _isStopping;
    private bool _takesGuests;
    private ControlHost? _host;

    private ControlServer(
        NetworkEngine engine, string version, IEngineLog log, ControlPath path,
        UnixSocketFile file, int listener)
    {
        _engine = engine;
        _version = version;
        _log = log;
        Path = path.Path;
        _place = path;
        _file = file;
        _listener = listener;
        _wake = Epoll.CreateEvent();
        _epoll = Epoll.Create();
        _thread = new Thread(Accept) { Name = "slipway control", IsBackground = true };
    }

    /// <summary>Where clients connect.</summary>
    public string Path { get; }

    /// <summary>Listens, with mode 0600.</summary>
    /// <param name="engine">Which is served.</param>
    /// <param name="path">Where; a default one in use makes room for this process's own.</param>
    /// <param name="version">Of the program.</param>
    /// <param name="log">Told what somebody should know.</param>
    /// <param name="takesGuests">Whether guests may come by it (POST /connect).</param>
    /// <exception cref="UnixSocketException">Says what failed and the remedy.</exception>
    public static ControlServer Start(
        NetworkEngine engine, ControlPath path, string version, IEngineLog log,
        bool takesGuests = true)
    {
        path.MakeFolder();
        UnixSocketFile file;
        int listener;
        try
        {
            file = UnixSocketFile.Bind(path.Path, Sockets.Stream, out listener);
        }
        catch (UnixSocketException) when (path.IsDefault)
        {
            path = path.OfProcess(Environment.ProcessId);
            file = UnixSocketFile.Bind(path.Path, Sockets.Stream, out listener);
        }

        ControlServer server = new(engine, version, log, path, file, listener)
        {
            _takesGuests = takesGuests,
        };
        if (!server.TryListen())
        {
            server.Dispose();
            throw new UnixSocketException(
                $"cannot listen on {path.Path}: out of descriptors? (ulimit -n)");
        }

        return server;
    }

    public void Dispose()
    {
        if (_isStopping)
        {
            return; // the descriptors may be somebody else's by now
        }

        _isStopping = true;
        if (_thread.IsAlive)
        {
            Epoll.Signal(_wake);
            _thread.Join();
        }

        _file.Remove();

        _host?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        foreach (int descriptor in (ReadOnlySpan<int>)[_listener, _wake, _epoll, _watch])
        {
            if (descriptor >= 0)
            {
                Files.Close(descriptor);
            }
        }
    }

    private bool TryListen()
    {
        if (_wake < 0 || _epoll < 0 || Sockets.Listen(_listener, Backlog) < 0
            || Epoll.Control(_epoll, Epoll.Add, _listener, Epoll.In, 0) < 0
            || Epoll.Control(_epoll, Epoll.Add, _wake, Epoll.In, 0) < 0)
        {
            return false;
        }

        WatchFile();
        _thread.Start();
        return true;
    }

    private void Accept()
    {
        EpollEvents events = new(3);
        while (!_isStopping)
        {
            _ = Epoll.Wait(_epoll, events, _isLost ? PauseNanoseconds : -1);
            KeepPlace();
            int client = _isStopping ? -Errno.EAGAIN : Sockets.Accept(_listener, default);
            if (client >= 0)
            {
                Serve(new Socket(new SafeSocketHandle(client, ownsHandle: true)));
            }
            else if (client is not (-Errno.EAGAIN or -Errno.EINTR))
            {
                _log.Write(
                    LogLevel.Warning, $"{Path} takes no client at the moment "
                        + $"({UnixSocketFile.Text(-client)}); raise the limit (ulimit -n)");
                Pause();
            }
        }
    }

    // The client waits in the backlog meanwhile.
    private void Pause()
    {
        _ = Epoll.Control(_epoll, Epoll.Remove, _listener, 0, 0);
        _ = Epoll.Wait(_epoll, new EpollEvents(2), PauseNanoseconds);
        _ = Epoll.Control(_epoll, Epoll.Add, _listener, Epoll.In, 0);
    }

    private void Serve(Socket client)
    {
        try
        {
            _host ??= ControlHost.StartAsync(
                _engine, _version, _takesGuests, token: null, CancellationToken.None)
                .GetAwaiter().GetResult();
            _host.Add(client);
        }
        catch (Exception e)
        {
            // The engine goes on without being controlled.
            client.Dispose();
            _log.Write(LogLevel.Error, $"a client of {Path} cannot be served: {e.Message}");
        }
    }
}
