using System.Net.Http.Json;

namespace Slipway.Control;

/// <summary>Captures of a running engine.</summary>
public sealed partial class ControlClient
{
    /// <summary>Begins a capture, or reads the ring's.</summary>
    /// <param name="query">"v1/capture?count=10", "v1/capture/ring".</param>
    /// <returns>A response whose content is a file of pcapng and comes by and by.</returns>
    public Task<HttpResponseMessage> OpenCaptureAsync(string query, CancellationToken stop) =>
        SendAsync(
            new HttpRequestMessage(HttpMethod.Get, query),
            HttpCompletionOption.ResponseHeadersRead, stop);

    /// <summary>Ends a capture: its content comes to an end.</summary>
    public async Task EndCaptureAsync(HttpResponseMessage capture, CancellationToken stop)
    {
        if (capture.Headers.TryGetValues(CaptureApi.IdField, out IEnumerable<string>? values))
        {
            await SendAsync(HttpMethod.Delete, $"v1/capture/{values.First()}", null, stop)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Keeps the last frames from now on.</summary>
    public async Task<RingReport> StartRingAsync(string size, int snap, CancellationToken stop)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "v1/capture/ring")
        {
            Content = JsonContent.Create(
                new RingRequest { Size = size, Snap = snap }, ApiJsonContext.Default.RingRequest),
        };
        return await SendAsync(request, ApiJsonContext.Default.RingReport, stop)
            .ConfigureAwait(false);
    }

    /// <summary>Forgets them.</summary>
    public Task StopRingAsync(CancellationToken stop) =>
        SendAsync(HttpMethod.Delete, "v1/capture/ring", null, stop);
}
