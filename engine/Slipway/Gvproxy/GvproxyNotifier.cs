using System.Net.Sockets;
using System.Text;
using Slipway.Engine;
using Slipway.Stack;

namespace Slipway;

/// <summary>
/// Tells a socket what happens, as gvproxy does: a connection for each line of JSON. Guests are
/// looked for a few times a second; who comes and goes in between is not told.
/// </summary>
internal sealed class GvproxyNotifier : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly IEngineLog _log;
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    public GvproxyNotifier(string path, IEngineLog log)
    {
        _path = path;
        _log = log;
    }

    /// <summary>Something that has no guest: "ready", "hypervisor_error".</summary>
    public void Tell(string type) => TellAsync(type, null).GetAwaiter().GetResult();

    /// <summary>Tells of guests from now on.</summary>
    public void Watch(NetworkEngine engine) =>
        _watching = Task.Run(() => WatchAsync(engine), CancellationToken.None);

    public void Dispose()
    {
        _stopping.Cancel();
        _watching.GetAwaiter().GetResult();
        _stopping.Dispose();
    }

    private async Task WatchAsync(NetworkEngine engine)
    {
        HashSet<StationEntry> known = [];
        try
        {
            while (true)
            {
                HashSet<StationEntry> now = [.. engine.ListStations()];
                foreach (StationEntry gone in known.Except(now))
                {
                    await TellAsync("connection_closed", gone.Mac.ToString())
                        .ConfigureAwait(false);
                }

                foreach (StationEntry come in now.Except(known))
                {
                    await TellAsync("connection_established", come.Mac.ToString())
                        .ConfigureAwait(false);
                }

                known = now;
                await Task.Delay(s_interval, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return; // the engine ends
        }
    }

    private async Task TellAsync(string type, string? mac)
    {
        string line = mac is null ? $$"""{"notification_type":"{{type}}"}"""
            : $$"""{"notification_type":"{{type}}","mac_address":"{{mac}}"}""";
        try
        {
            using CancellationTokenSource within = new(s_patience);
            using Socket socket = new(
                AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_path), within.Token)
                .ConfigureAwait(false);
            await socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"), within.Token)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            _log.Write(
                LogLevel.Warning, $"-notification {_path}: cannot be told {type} ({e.Message})");
        }
    }
}
