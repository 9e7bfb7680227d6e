using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Slipway.Services;
using Yarp.ReverseProxy.Forwarder;

namespace Slipway.Control;

/// <summary>
/// A request and its answer as they go on: what is for one hop only stays here (RFC 9110 section
/// 7.6.1), all else is the guest's and the server's.
/// </summary>
/// <param name="destination">Where it goes.</param>
/// <param name="host">What Host says where that is not the destination.</param>
/// <param name="proxy">Says whether an upstream is passed, and with which credentials.</param>
internal sealed class GuestTransformer(Uri destination, Authority? host, IWebProxy? proxy)
    : HttpTransformer
{
    private const int HttpPort = 80;
    private const string Upgrade = "Upgrade";

    private static readonly string[] s_hopByHop =
        ["Proxy-Connection", "Proxy-Authorization", "Keep-Alive", "TE", "X-Content-Length"];

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix,
        CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(
            httpContext, proxyRequest, destinationPrefix, cancellationToken)
            .ConfigureAwait(false);
        proxyRequest.RequestUri = destination;
        proxyRequest.Headers.Host = host is not Authority named ? null
            : named.Port == HttpPort ? named.ToString()[..^3] : named.ToString();
        foreach (string name in s_hopByHop)
        {
            Remove(proxyRequest, name);
        }

        foreach (string name in Nominated(httpContext.Request.Headers.Connection))
        {
            Remove(proxyRequest, name);
        }

        KeepUpgrade(httpContext, proxyRequest);
        AddCredentials(proxyRequest);
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken)
    {
        if (proxyResponse?.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
        {
            // Between the host and its upstream: the guest has no part in it.
            throw new ProxyException(502, "the upstream proxy wants other credentials");
        }

        bool goesOn = await base.TransformResponseAsync(
            httpContext, proxyResponse, cancellationToken).ConfigureAwait(false);
        IHeaderDictionary fields = httpContext.Response.Headers;
        if (proxyResponse is not null)
        {
            foreach (string name in proxyResponse.Headers.Connection)
            {
                if (!name.Equals(Upgrade, StringComparison.OrdinalIgnoreCase))
                {
                    fields.Remove(name);
                }
            }
        }

        if (proxyResponse?.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            fields.Connection = Upgrade;
            fields.Upgrade = proxyResponse.Headers.NonValidated[Upgrade].ToString();
        }

        fields.Remove("Keep-Alive");
        fields.Remove("Proxy-Connection");
        fields.Remove("Proxy-Authenticate");
        return goesOn;
    }

    private static void Remove(HttpRequestMessage request, string name)
    {
        if (request.Headers.NonValidated.Contains(name))
        {
            request.Headers.Remove(name);
        }
        else if (request.Content?.Headers.NonValidated.Contains(name) == true)
        {
            request.Content.Headers.Remove(name);
        }
    }

    // Fields that Connection names; Upgrade is the forwarder's to keep.
    private static IEnumerable<string> Nominated(StringValues connection)
    {
        foreach (string? value in connection)
        {
            foreach (string name in (value ?? "").Split(
                ',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (!name.Equals(Upgrade, StringComparison.OrdinalIgnoreCase)
                    && !name.Equals("close", StringComparison.OrdinalIgnoreCase)
                    && !name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase))
                {
                    yield return name;
                }
            }
        }
    }

    // The forwarder knows of WebSocket alone. An offer of HTTP/2 ends here: it is of this hop.
    private static void KeepUpgrade(HttpContext context, HttpRequestMessage request)
    {
        string offered = context.Request.Headers.Upgrade.ToString();
        if (context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true
            && !request.Headers.NonValidated.Contains(Upgrade)
            && !offered.Contains("h2c", StringComparison.OrdinalIgnoreCase))
        {
            request.Headers.TryAddWithoutValidation("Connection", Upgrade);
            request.Headers.TryAddWithoutValidation(Upgrade, offered);
        }
    }

    // At once: the library would wait for a refusal first, and cannot send a body twice.
    private void AddCredentials(HttpRequestMessage request)
    {
        if (proxy is not null && !proxy.IsBypassed(destination)
            && proxy.GetProxy(destination) is Uri upstream && upstream != destination
            && upstream.Scheme is "http" or "https"
            && proxy.Credentials?.GetCredential(upstream, "Basic") is NetworkCredential known)
        {
            string text = $"{known.UserName}:{known.Password}";
            request.Headers.ProxyAuthorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));
        }
    }
}
