using Microsoft.AspNetCore.Http;
using Slipway.Engine;
using Slipway.Links;

namespace Slipway.Control;

/// <summary>
/// /v1/capture/ring: POST keeps the last frames from now on (a <see cref="RingRequest"/>); GET is a
/// file of them; DELETE forgets them.
/// </summary>
internal sealed class RingApi(NetworkEngine engine)
{
    public async Task StartAsync(HttpContext context)
    {
        RingRequest request = await ApiExchange.ReadAsync(
            context, ApiJsonContext.Default.RingRequest).ConfigureAwait(false);
        int size = RingSize.Parse("size", request.Size);
        int snap = request.Snap is >= 0 and <= CaptureSettings.LargestSnapBytes
            ? request.Snap : throw new ApiException(
                StatusCodes.Status400BadRequest,
                $"snap {request.Snap}: must be from 0 (all) to {CaptureSettings.LargestSnapBytes}");
        CaptureRing ring = engine.StartRing(size, snap);
        await ApiExchange.WriteAsync(
            context, new RingReport(ring.SizeBytes, 0, 0), ApiJsonContext.Default.RingReport,
            StatusCodes.Status201Created).ConfigureAwait(false);
    }

    public Task StopAsync(HttpContext context)
    {
        context.Response.StatusCode = engine.StopRing()
            ? StatusCodes.Status204NoContent : throw None();
        return Task.CompletedTask;
    }

    public async Task DumpAsync(HttpContext context)
    {
        CaptureRing ring = engine.Ring ?? throw None();
        CancellationToken gone = context.RequestAborted;
        CaptureApi.Prepare(context);
        await context.Response.Body.WriteAsync(ring.WriteHead(out long end), gone)
            .ConfigureAwait(false);
        long next = 0;
        while (ring.ReadNext(ref next, end) is byte[] blocks)
        {
            await context.Response.Body.WriteAsync(blocks, gone).ConfigureAwait(false);
        }

        await context.Response.Body.WriteAsync(ring.WriteStatistics(), gone)
            .ConfigureAwait(false);
    }

    private static ApiException None() => new(
        StatusCodes.Status404NotFound,
        "no frames are kept; begin with `slipway capture ring start 16MiB`, or start the engine "
            + "with --ring 16MiB");
}
