using System.Net;
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
internal sealed class GuestTransformer(Uri destination, Authority? host) : HttpTransformer
{
    private const int HttpPort = 80;
    private const string Upgrade = "Upgrade";

    private static readonly string[] s_hopByHop =
        ["Proxy-Connection", "Proxy-Authorization", "Keep-Alive", "TE", "X-Content-Length"];

    private static readonly string[] s_othersUpgrades = ["websocket", "spdy", "h2c"];

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
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken)
    {
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

    // The forwarder itself keeps WebSocket and SPDY. An offer of HTTP/2 ends here: it is of this
    // hop.
    private static void KeepUpgrade(HttpContext context, HttpRequestMessage request)
    {
        string offered = context.Request.Headers.Upgrade.ToString();
        bool isOthers = s_othersUpgrades.Any(
            name => offered.Contains(name, StringComparison.OrdinalIgnoreCase));
        if (context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true && !isOthers)
        {
            request.Headers.TryAddWithoutValidation("Connection", Upgrade);
            request.Headers.TryAddWithoutValidation(Upgrade, offered);
        }
    }
}
