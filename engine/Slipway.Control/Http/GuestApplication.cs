using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Slipway.Control;

/// <summary>Every request goes to the forwarder: there is no routing.</summary>
internal sealed class GuestApplication(RequestForwarder forwarder) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) =>
        new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => forwarder.ServeAsync(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // It holds nothing of its own.
    }
}
