using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.Control;

/// <summary>Asks the guest's Docker engine what this process itself has to know.</summary>
internal sealed class DockerEngineClient : IDisposable
{
    /// <summary>The most that an answer may have, in bytes.</summary>
    public const int MaximumBytes = 64 << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly HttpClient _http;

    public DockerEngineClient(DockerGuest guest)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) => new NetworkStream(
                await guest.ConnectAsync(stop).ConfigureAwait(false), ownsSocket: true),
            UseProxy = false,
        })
        {
            BaseAddress = new Uri("http://localhost/"),
            MaxResponseContentBufferSize = MaximumBytes,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>What inspection tells of a container; null when there is none.</summary>
    /// <exception cref="HttpRequestException">The engine does not answer.</exception>
    public async Task<JsonNode?> InspectAsync(string container, CancellationToken stop)
    {
        try
        {
            return await GetAsync(
                $"containers/{Uri.EscapeDataString(container)}/json", stop).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.StatusCode is System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>The running containers, or all.</summary>
    /// <exception cref="HttpRequestException">The engine does not answer.</exception>
    public async Task<JsonArray> ListAsync(bool takesAll, CancellationToken stop) =>
        await GetAsync($"containers/json?all={(takesAll ? 1 : 0)}", stop).ConfigureAwait(false)
            as JsonArray ?? [];

    /// <summary>Ends a container that may not run.</summary>
    public async Task KillAsync(string container, CancellationToken stop)
    {
        using HttpResponseMessage response = await _http.PostAsync(
            $"containers/{Uri.EscapeDataString(container)}/kill", null, stop)
            .ConfigureAwait(false);
    }

    /// <summary>Removes a container and its anonymous volumes.</summary>
    public async Task RemoveAsync(string container, CancellationToken stop)
    {
        using HttpResponseMessage response = await _http.DeleteAsync(
            $"containers/{Uri.EscapeDataString(container)}?v=1", stop).ConfigureAwait(false);
    }

    /// <summary>What happens to containers, from now on; it returns when it is told.</summary>
    /// <exception cref="HttpRequestException">The engine does not answer.</exception>
    public async Task<LineReader> OpenEventsAsync(CancellationToken stop)
    {
        string filters = Uri.EscapeDataString("""{"type":["container"]}""");
        HttpResponseMessage response = await _http.GetAsync(
            $"events?filters={filters}", HttpCompletionOption.ResponseHeadersRead, stop)
            .ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        return new LineReader(
            await response.Content.ReadAsStreamAsync(stop).ConfigureAwait(false));
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode?> GetAsync(string path, CancellationToken stop)
    {
        using CancellationTokenSource patience =
            CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(s_patience);
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(path, patience.Token)
                .ConfigureAwait(false);
            response.EnsureSuccessStatusCode();
            byte[] body = await response.Content.ReadAsByteArrayAsync(patience.Token)
                .ConfigureAwait(false);
            return JsonNode.Parse(body);
        }
        catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
        {
            throw new HttpRequestException(
                $"no answer to {path} in {s_patience.TotalSeconds} s", e);
        }
        catch (Exception e) when (e is JsonException or IOException or SocketException)
        {
            throw new HttpRequestException(e.Message, e);
        }
    }
}
