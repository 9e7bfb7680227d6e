using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Hosting;
using Slipway.Engine;
using Slipway.Links;

namespace Slipway.Control;

/// <summary>
/// /v1/capture: GET streams pcapng until the client goes, what was asked for has been captured, or
/// the capture is ended by DELETE capture/ID, whose ID a field of the response names.
/// </summary>
/// <remarks>
/// A client that reads slowly costs frames, which are counted in the statistics at the file's end,
/// and holds up nobody: between it and the workers is a <see cref="CaptureBuffer"/>.
/// </remarks>
internal sealed class CaptureApi(NetworkEngine engine, IHostApplicationLifetime life)
{
    /// <summary>What the responses are.</summary>
    public const string ContentType = "application/x-pcapng";

    /// <summary>The field that names a capture.</summary>
    public const string IdField = "Slipway-Capture";

    private readonly ConcurrentDictionary<int, CaptureBuffer> _running = [];
    private int _lastId;

    public async Task StreamAsync(HttpContext context)
    {
        CaptureQuery query = CaptureQuery.Read(context.Request.Query, engine);
        CaptureBuffer buffer = engine.StartCapture(query.Settings) ?? throw new ApiException(
            StatusCodes.Status409Conflict,
            "as many captures run as may be (8, with the ring); end one of them first");
        int id = Interlocked.Increment(ref _lastId);
        _running[id] = buffer;
        using CancellationTokenSource time = new(query.Lasts ?? Timeout.InfiniteTimeSpan);
        using CancellationTokenRegistration over = time.Token.Register(buffer.End);
        using CancellationTokenRegistration stopping =
            life.ApplicationStopping.Register(buffer.End);
        try
        {
            Prepare(context);
            context.Response.Headers[IdField] = id.ToString(CultureInfo.InvariantCulture);
            await WriteAsync(context, buffer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            buffer.End(); // the client has gone, as most captures end
        }
        finally
        {
            _running.TryRemove(id, out _);
            over.Unregister();
            stopping.Unregister();
            engine.StopCapture(buffer);
        }
    }

    public Task EndAsync(HttpContext context)
    {
        string? text = (string?)context.Request.RouteValues["id"];
        if (!int.TryParse(text, out int id) || !_running.TryGetValue(id, out CaptureBuffer? buffer))
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                $"no capture {text} runs; the response to GET /v1/capture names it in {IdField}");
        }

        buffer.End();
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>The response is a file, and may be read as slowly as one likes.</summary>
    public static void Prepare(HttpContext context)
    {
        context.Response.ContentType = ContentType;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private static async Task WriteAsync(HttpContext context, CaptureBuffer buffer)
    {
        CancellationToken gone = context.RequestAborted;
        while (true)
        {
            await buffer.News.WaitAsync(gone).ConfigureAwait(false);
            if (!buffer.TryTake(out ReadOnlyMemory<byte> blocks))
            {
                return;
            }

            await context.Response.Body.WriteAsync(blocks, gone).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(gone).ConfigureAwait(false);
        }
    }
}
