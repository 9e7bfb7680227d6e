using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Slipway.Engine;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// /v1/flows: GET lists, or with Accept: text/event-stream, as at /v1/flows/watch, tells them as
/// they come and go; DELETE flows/ID ends one, by reset on both sides.
/// </summary>
/// <remarks>
/// A watcher hears "opened" for each flow that there is, then "listed", and from then on "opened",
/// "changed" and "closed", each with the flow as the list has it. Flows are compared twice a
/// second, after what was told before has been taken: a watcher costs one list, however slow it
/// is, and one that takes nothing for ten seconds is dropped.
/// </remarks>
internal sealed class FlowApi(NetworkEngine engine, IHostApplicationLifetime life)
{
    private const string EventStream = "text/event-stream";
    private const int MostWatchers = 32;
    private const int RoundsToComment = 30;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private int _watchers;

    public Task ListAsync(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains(
            EventStream, StringComparison.OrdinalIgnoreCase)
            ? WatchAsync(context)
            : ApiExchange.WriteAsync(
                context, [.. engine.ListFlows().Select(Report)],
                ApiJsonContext.Default.IReadOnlyListFlowReport);

    public Task EndAsync(HttpContext context)
    {
        string id = (string)context.Request.RouteValues["id"]!;
        foreach (FlowEntry flow in engine.ListFlows())
        {
            if (IdOf(flow) == id && engine.EndFlow(flow.Key))
            {
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            }
        }

        throw new ApiException(
            StatusCodes.Status404NotFound,
            $"there is no flow {id}; GET /v1/flows lists those that there are");
    }

    public async Task WatchAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _watchers) > MostWatchers)
        {
            Interlocked.Decrement(ref _watchers);
            throw new ApiException(
                StatusCodes.Status503ServiceUnavailable,
                $"{MostWatchers} clients watch already; end one first");
        }

        try
        {
            using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(
                context.RequestAborted, life.ApplicationStopping);
            await TellAsync(context, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            context.Abort(); // it has left, does not take what it is told, or the engine ends
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }

    private async Task TellAsync(HttpContext context, CancellationToken stop)
    {
        context.Response.ContentType = EventStream;
        context.Response.Headers.CacheControl = "no-store";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        Dictionary<FlowKey, FlowEntry> known = [];
        using MemoryStream text = new();
        for (int round = 0; ; round++)
        {
            text.SetLength(0);
            known = Compare(known, text);
            if (round == 0)
            {
                text.Write("event: listed\ndata: {}\n\n"u8);
            }
            else if (text.Length == 0 && round % RoundsToComment == 0)
            {
                text.Write(":\n\n"u8); // who has left is found by it
            }

            await SendAsync(context, text, stop).ConfigureAwait(false);
            await Task.Delay(s_interval, stop).ConfigureAwait(false);
        }
    }

    private Dictionary<FlowKey, FlowEntry> Compare(
        Dictionary<FlowKey, FlowEntry> known, MemoryStream text)
    {
        Dictionary<FlowKey, FlowEntry> now = [];
        foreach (FlowEntry flow in engine.ListFlows())
        {
            now[flow.Key] = flow;
            if (!known.TryGetValue(flow.Key, out FlowEntry before))
            {
                Write(text, "opened"u8, flow);
            }
            else if (before.State != flow.State)
            {
                Write(text, "changed"u8, flow);
            }
        }

        foreach ((FlowKey key, FlowEntry flow) in known)
        {
            if (!now.ContainsKey(key))
            {
                Write(text, "closed"u8, flow);
            }
        }

        return now;
    }

    private static async Task SendAsync(
        HttpContext context, MemoryStream text, CancellationToken stop)
    {
        if (text.Length > 0)
        {
            using CancellationTokenSource within =
                CancellationTokenSource.CreateLinkedTokenSource(stop);
            within.CancelAfter(s_patience);
            await context.Response.Body.WriteAsync(
                text.GetBuffer().AsMemory(0, (int)text.Length), within.Token)
                .ConfigureAwait(false);
            await context.Response.Body.FlushAsync(within.Token).ConfigureAwait(false);
        }
    }

    private void Write(MemoryStream text, ReadOnlySpan<byte> kind, FlowEntry flow)
    {
        text.Write("event: "u8);
        text.Write(kind);
        text.Write("\ndata: "u8);
        text.Write(JsonSerializer.SerializeToUtf8Bytes(
            Report(flow), ApiJsonContext.Default.FlowReport));
        text.Write("\n\n"u8);
    }

    private FlowReport Report(FlowEntry flow) => new(
        Name(flow.Key.Protocol), flow.Key.Guest.ToString(), flow.Key.Remote.ToString(),
        flow.State?.ToString(), IdOf(flow), engine.FindName(flow.Key.Remote.Address));

    private static string IdOf(FlowEntry flow) =>
        $"{Name(flow.Key.Protocol)}-{flow.Key.Guest}-{flow.Key.Remote}";

    private static string Name(IpProtocol protocol) =>
        protocol == IpProtocol.Udp ? "udp" : "tcp";
}
