using System.Net.Sockets;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway.Control;

/// <summary>
/// Carries the Docker API from a Unix socket of this host to the Docker engine in a guest, and
/// keeps the ports that containers publish on this host.
/// </summary>
public sealed class DockerProxy : IDisposable
{
    /// <summary>More clients wait in the backlog.</summary>
    private const int MostClients = 1_024;

    private const int Backlog = 128;

    private readonly IEngineLog _log;
    private readonly UnixSocketFile _file;
    private readonly Socket _listener;
    private readonly ControlClient _control;
    private readonly DockerParts _parts;
    private readonly DockerFollower _follower;
    private readonly SemaphoreSlim _clients = new(MostClients);

    private DockerProxy(
        DockerProxySettings settings, IEngineLog log, UnixSocketFile file, Socket listener)
    {
        _log = log;
        _file = file;
        _listener = listener;
        _control = ControlClient.Open(settings.ControlPath);
        DockerEngineClient docker = new(settings.Guest);
        EnginePorts ports = new(
            _control, settings.DefaultHostIp, settings.GuestAddress,
            settings.Guest.ToString()!);
        PortKeeper keeper = new(docker, ports, log.Write);
        _parts = new DockerParts(
            settings.Guest, docker, keeper, new GuestPorts(docker), new DockerViews(keeper.Of),
            ports.GuestIsIpv6, log.Write);
        _follower = new DockerFollower(settings, _parts);
    }

    /// <summary>Listens, with mode 0600.</summary>
    /// <exception cref="UnixSocketException">Says what failed and the remedy.</exception>
    public static DockerProxy Start(DockerProxySettings settings, IEngineLog log)
    {
        UnixSocketFile file = UnixSocketFile.Bind(
            settings.ListenPath, Sockets.Stream, out int descriptor);
        Socket listener = new(new SafeSocketHandle(descriptor, ownsHandle: true));
        listener.Listen(Backlog);
        return new DockerProxy(settings, log, file, listener);
    }

    /// <summary>Serves until it is told to stop. Published ports stay in the engine.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Task following = _follower.RunAsync(stop);
        try
        {
            await AcceptAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        _file.Remove();
        _listener.Dispose();
        _parts.Docker.Dispose();
        _control.Dispose();
        _clients.Dispose();
    }

    private async Task AcceptAsync(CancellationToken stop)
    {
        while (true)
        {
            await _clients.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                Socket client = await _listener.AcceptAsync(stop).ConfigureAwait(false);
                _ = ServeAsync(client, stop);
            }
            catch (SocketException e)
            {
                _clients.Release();
                _log.Write(
                    LogLevel.Warning,
                    $"no client is taken at the moment ({e.Message}); raise the limit (ulimit -n)");
                await Task.Delay(TimeSpan.FromSeconds(1), stop).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken stop)
    {
        try
        {
            using DockerConnection connection = new(_parts, client, stop);
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _clients.Release();
        }
    }
}
