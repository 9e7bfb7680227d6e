using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slipway.Services;
using Yarp.ReverseProxy.Forwarder;

namespace Slipway.Control;

/// <summary>Judges a request and sends it on, by the upstream or to the host itself.</summary>
internal sealed class RequestForwarder : IDisposable
{
    /// <summary>Between two bytes of an answer: a long poll may take its time.</summary>
    private static readonly ForwarderRequestConfig s_request = new()
    {
        ActivityTimeout = TimeSpan.FromHours(1),
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    private readonly ProxyParts _parts;
    private readonly ServiceProvider _services;
    private readonly IHttpForwarder _forwarder;
    private readonly HttpMessageInvoker _outside;
    private readonly HttpMessageInvoker _host;

    public RequestForwarder(ProxyParts parts, ILoggerFactory log)
    {
        _parts = parts;
        ServiceCollection services = new();
        services.AddSingleton(log);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddHttpForwarder();
        _services = services.BuildServiceProvider();
        _forwarder = _services.GetRequiredService<IHttpForwarder>();
        _outside = new HttpMessageInvoker(parts.Upstreams.CreateHandler());
        _host = new HttpMessageInvoker(HostConnections.Make(parts.Settings.DialTime));
    }

    public async Task ServeAsync(HttpContext context)
    {
        GuestFeature guest = context.Features.GetRequiredFeature<GuestFeature>();
        ProxyReach.SpeakFor(guest.Connection.Link);
        HttpRefusal? refusal = RequestTarget.Read(context, guest, out RequestTarget target);
        if (refusal is not null)
        {
            await RefuseAsync(context, guest, refusal).ConfigureAwait(false);
            return;
        }

        if (HttpMethods.IsConnect(context.Request.Method))
        {
            // The proxy goes on with the connection, as with a CONNECT that comes first.
            byte[] rest = await guest.Transport.TakeAsync(context.RequestAborted)
                .ConfigureAwait(false);
            guest.Connect = new ConnectRequest(target.Authority, rest);
            context.Abort();
            return;
        }

        if (target.Host.Length == 0)
        {
            await context.Response.WriteAsync(
                "This is Slipway's HTTP proxy. Programs use it when they are told so:\n"
                + $"  export http_proxy=http://{guest.Connection.Destination}/\n"
                + $"  export https_proxy=http://{guest.Connection.Destination}/\n")
                .ConfigureAwait(false);
            return;
        }

        ProxyVerdict verdict = _parts.Reach.Judge(target.Host, target.Port);
        if (verdict.Refusal is string why)
        {
            await RefuseAsync(
                context, guest, new HttpRefusal(403, $"{target.Authority}: {why}"))
                .ConfigureAwait(false);
            return;
        }

        if (!Uri.TryCreate(
            $"http://{new Authority(verdict.Loopback?.ToString() ?? target.Host, target.Port)}"
                + target.PathAndQuery,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true },
            out Uri? destination))
        {
            await RefuseAsync(
                context, guest, new HttpRefusal(400, $"{target.Authority} is no host's name"))
                .ConfigureAwait(false);
            return;
        }

        GuestTransformer transformer = new(
            destination, verdict.Loopback is null ? null : target.Authority);
        ForwarderError error = await _forwarder.SendAsync(
            context, "http://unused.invalid/", verdict.Loopback is null ? _outside : _host,
            s_request, transformer).ConfigureAwait(false);
        if (error != ForwarderError.None && !context.Response.HasStarted)
        {
            await RefuseAsync(context, guest, Explain(context, target)).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _outside.Dispose();
        _host.Dispose();
        _services.Dispose();
    }

    private static HttpRefusal Explain(HttpContext context, RequestTarget target)
    {
        Exception? error = context.Features.Get<IForwarderErrorFeature>()?.Exception;
        for (Exception? one = error; one is not null; one = one.InnerException)
        {
            if (one is ProxyException refused)
            {
                return new HttpRefusal(
                    refused.HttpStatus, $"{target.Authority}: {refused.Message}");
            }
        }

        int status = context.Response.StatusCode == StatusCodes.Status504GatewayTimeout
            ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status502BadGateway;
        return new HttpRefusal(status, $"{target.Authority} does not answer, or not in HTTP");
    }

    private async Task RefuseAsync(HttpContext context, GuestFeature guest, HttpRefusal refusal)
    {
        _parts.Log($"proxy: {guest.Connection.Guest.Address}: refused with {refusal.Status}: "
            + refusal.Why);
        HttpResponse response = context.Response;
        response.Clear();
        response.StatusCode = refusal.Status;
        response.Headers.Connection = "close";
        response.ContentType = "text/plain; charset=utf-8";
        byte[] text = Encoding.UTF8.GetBytes($"Slipway's proxy: {refusal.Why}\n");
        response.ContentLength = text.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(text).ConfigureAwait(false);
        }
    }
}
