using System.Collections.Concurrent;
using Slipway.Engine;

namespace Slipway.Control.Tests;

/// <summary>An engine on a thread of its own, a folder for sockets, and what it said.</summary>
internal sealed class RunningEngine : IAdjustableLog, IDisposable
{
    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-control-").FullName;
    private readonly List<ControlServer> _servers = [];
    private readonly NetworkEngine _engine;
    private readonly Thread _thread;

    public RunningEngine(string json = "{}", EngineEnvironment? environment = null)
    {
        _engine = NetworkEngine.Create(ConfigurationReader.Parse(json), this, environment);
        _thread = new Thread(_engine.Run);
        _thread.Start();
    }

    public NetworkEngine Engine => _engine;

    public LogLevel Minimum { get; set; } = LogLevel.Information;

    public ConcurrentQueue<string> Said { get; } = [];

    public string Path(string name) => System.IO.Path.Combine(_folder, name);

    /// <summary>Listens, and gives a client of it.</summary>
    public ControlClient Serve(string name = "c.sock", bool isDefault = false) =>
        ControlClient.Open(Listen(name, isDefault).Path);

    public ControlServer Listen(string name = "c.sock", bool isDefault = false)
    {
        ControlServer server = ControlServer.Start(
            _engine, new ControlPath(Path(name), isDefault), "1.2.3", this);
        _servers.Add(server);
        return server;
    }

    public bool IsEnabled(LogLevel level) => true;

    public void Write(LogLevel level, string message) => Said.Enqueue($"{level}: {message}");

    public void Dispose()
    {
        _servers.ForEach(server => server.Dispose());
        _engine.Stop();
        _thread.Join();
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
