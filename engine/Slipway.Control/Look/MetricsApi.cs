using Microsoft.AspNetCore.Http;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>/metrics, for Prometheus.</summary>
internal sealed class MetricsApi(NetworkEngine engine, string version)
{
    public Task GetAsync(HttpContext context)
    {
        MetricsWriter writer = new();
        EngineMetrics.Write(writer, engine, version);
        ProcessMetrics.Write(writer);
        context.Response.ContentType = MetricsWriter.ContentType;
        return context.Response.WriteAsync($"{writer}", context.RequestAborted);
    }
}
