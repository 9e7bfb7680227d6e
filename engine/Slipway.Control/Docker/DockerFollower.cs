using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>
/// Sees to it that ports follow containers: by dockerd's events, and by a look at all containers
/// whenever dockerd or the engine has been out of sight.
/// </summary>
internal sealed class DockerFollower(DockerProxySettings settings, DockerParts parts)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);

    private static readonly HashSet<string> s_actions =
        ["start", "restart", "stop", "die", "died", "destroy", "remove", "unpause"];

    // One look serves all who asked for it before it began.
    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private string? _trouble;

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
        RepeatAsync(FollowEventsAsync, stop), RepeatAsync(WatchEngineAsync, stop),
        LookAsync(stop));

    private static async Task RepeatAsync(
        Func<CancellationToken, Task> once, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await once(stop).ConfigureAwait(false);
            await Task.Delay(s_pause, stop).ConfigureAwait(false);
        }
    }

    private async Task FollowEventsAsync(CancellationToken stop)
    {
        try
        {
            using LineReader events = await parts.Docker.OpenEventsAsync(stop)
                .ConfigureAwait(false);
            Say(LogLevel.Information, $"containers of {settings.Guest} are followed");
            _looks.Writer.TryWrite(true);
            while (await events.ReadAsync(stop).ConfigureAwait(false)
                is ReadOnlyMemory<byte> line)
            {
                OnEvent(line.Span, stop);
            }
        }
        catch (Exception e) when (IsOutside(e) && !stop.IsCancellationRequested)
        {
            Say(
                LogLevel.Warning,
                $"the guest's Docker engine at {settings.Guest} does not answer ({e.Message}); "
                    + "it is tried again");
        }
    }

    private void OnEvent(ReadOnlySpan<byte> line, CancellationToken stop)
    {
        JsonNode? happened = JsonNode.Parse(line);
        string id = PortLabel.Text(happened?["Actor"], "ID");
        if (!s_actions.Contains(PortLabel.Text(happened, "Action")) || id.Length == 0)
        {
            return;
        }

        lock (_asked)
        {
            if (!_asked.Add(id))
            {
                return;
            }
        }

        _ = FollowAsync(id, stop);
    }

    private async Task FollowAsync(string id, CancellationToken stop)
    {
        try
        {
            await parts.Keeper.FollowAsync(
                id,
                () =>
                {
                    lock (_asked)
                    {
                        _asked.Remove(id);
                    }
                },
                stop).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOutside(e))
        {
            _looks.Writer.TryWrite(true);
        }
    }

    /// <summary>Waits on a connection to the engine until that ends: so an end is seen at
    /// once.</summary>
    private async Task WatchEngineAsync(CancellationToken stop)
    {
        try
        {
            using Socket socket = new(
                AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(settings.ControlPath), stop)
                .ConfigureAwait(false);
            _looks.Writer.TryWrite(true);
            await socket.ReceiveAsync(new byte[1], stop).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return; // it does not run, and is looked for again
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        Task<bool>? asked = null;
        while (!stop.IsCancellationRequested)
        {
            asked ??= _looks.Reader.ReadAsync(stop).AsTask();
            await Task.WhenAny(
                asked,
                Task.Delay(parts.Keeper.IsIncomplete ? s_again : Timeout.InfiniteTimeSpan, stop))
                .ConfigureAwait(false);
            asked = asked.IsCompleted ? null : asked;
            try
            {
                await parts.Keeper.FollowAllAsync(stop).ConfigureAwait(false);
            }
            catch (Exception e) when (IsOutside(e) && !stop.IsCancellationRequested)
            {
                Say(LogLevel.Warning, $"ports cannot be followed ({e.Message}); it is tried again");
                await Task.Delay(s_pause, stop).ConfigureAwait(false);
                _looks.Writer.TryWrite(true);
            }
        }
    }

    private static bool IsOutside(Exception e) => e is HttpRequestException or SocketException
        or IOException or JsonException or ControlException or InvalidOperationException
        or ArgumentException or FormatException; // JSON with names twice, and odd numbers

    private void Say(LogLevel level, string text)
    {
        if (_trouble != text)
        {
            _trouble = text;
            parts.Log(level, text);
        }
    }
}
