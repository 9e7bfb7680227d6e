using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// Sends requests by the upstreams of their target, one after the other while none can be connected
/// to. An HTTP proxy is given the credentials with the request: a challenge would come when the
/// body has been sent already, and a guest's body is not kept.
/// </summary>
internal sealed class UpstreamHandler : DelegatingHandler
{
    private readonly ProxyDialer _dialer;
    private readonly UpstreamWebProxy _proxy;

    public UpstreamHandler(ProxyDialer dialer, HostConnector hosts, UpstreamConnector connector)
    {
        _dialer = dialer;
        _proxy = new UpstreamWebProxy(dialer);
        InnerHandler = new SocketsHttpHandler
        {
            Proxy = _proxy,
            UseProxy = true,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),

            // The connection's TLS is with the proxy: targets of these requests have none.
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    connector.Accepts(certificate, chain, errors),
            },
            ConnectCallback = async (context, stop) => new NetworkStream(
                await hosts.ConnectAsync(
                    context.DnsEndPoint.Host, context.DnsEndPoint.Port, stop).ConfigureAwait(false),
                ownsSocket: true),
        };
    }

    /// <exception cref="ProxyException">No upstream led to the target.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Uri uri = request.RequestUri ?? throw new ProxyException("the request names no URI", 400);
        ProxyTarget target = new(ProxyPurpose.Http, uri.IdnHost.Trim('[', ']'), uri.Port);
        List<(ProxyServer, UpstreamFailure)> failures = [];
        foreach (ProxyServer server in
            await _dialer.RouteAsync(target, cancellationToken).ConfigureAwait(false))
        {
            _proxy.Tried = server;
            request.Headers.ProxyAuthorization =
                server.Kind is ProxyServerKind.Http or ProxyServerKind.Https
                && server.BasicAuthorization is string basic
                    ? AuthenticationHeaderValue.Parse(basic) : null;
            try
            {
                HttpResponseMessage response =
                    await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (response.StatusCode != HttpStatusCode.ProxyAuthenticationRequired)
                {
                    _dialer.Succeed(server);
                    return response;
                }

                // The challenge is this engine's, not the guest's.
                response.Dispose();
                failures.Add((server, new UpstreamFailure(
                    "it does not accept the user and password (407); see the proxy's URL", 502,
                    SocketError.AccessDenied)));
                break;
            }
            catch (HttpRequestException error) when (WasNotSent(error))
            {
                UpstreamFailure failure = Explain(error, server);
                failures.Add((server, failure));
                _dialer.Fail(server, failure);
                if (failure.IsFinal)
                {
                    break;
                }
            }
        }

        throw ProxyDialer.Explain(target, failures);
    }

    private static bool WasNotSent(HttpRequestException error) => error.HttpRequestError
        is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
        or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;

    private static UpstreamFailure Explain(HttpRequestException error, ProxyServer server)
    {
        bool isUpstream = server.Kind != ProxyServerKind.Direct;
        return error.InnerException is SocketException socket
            ? UpstreamFailure.Of(socket, isUpstream)
            : error.InnerException is ProxyException refused
                ? UpstreamFailure.Of(refused, isUpstream)
            : new UpstreamFailure($"failed ({error.HttpRequestError})", 502, null, error)
            {
                IsDead = isUpstream && error.HttpRequestError != HttpRequestError.ProxyTunnelError,
            };
    }
}
