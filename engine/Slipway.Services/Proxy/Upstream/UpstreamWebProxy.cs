using System.Net;

namespace Slipway.Services;

/// <summary>
/// Tells the HTTP library which upstream a request takes: the first of the route, or the one that
/// <see cref="UpstreamHandler"/> is trying in this flow of control.
/// </summary>
internal sealed class UpstreamWebProxy(ProxyDialer dialer) : IWebProxy, ICredentials
{
    private const int MaxKnown = 64;
    private readonly AsyncLocal<ProxyServer?> _tried = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProxyServer> _known = [];

    /// <summary>The upstream that counts for what the caller starts from here.</summary>
    public ProxyServer? Tried
    {
        get => _tried.Value;
        set => _tried.Value = value;
    }

    public ICredentials? Credentials
    {
        get => this;
        set => throw new NotSupportedException("the credentials come from the settings");
    }

    public Uri? GetProxy(Uri destination)
    {
        ProxyServer server = Tried ?? Choose(destination);
        if (server.Kind == ProxyServerKind.Direct)
        {
            return null;
        }

        Remember(server);
        return new Uri(server.ToString());
    }

    public bool IsBypassed(Uri host) => false;

    /// <summary>The credentials of an upstream that has been told.</summary>
    public NetworkCredential? GetCredential(Uri uri, string authType)
    {
        // Where a request carries them itself, they have been refused.
        bool isSent = Tried is { Kind: not ProxyServerKind.Socks5 };
        lock (_lock)
        {
            return !isSent && _known.TryGetValue(Place(uri), out ProxyServer? server)
                && server.User is string user
                && (server.Kind == ProxyServerKind.Socks5
                    || authType.Equals("Basic", StringComparison.OrdinalIgnoreCase))
                ? new NetworkCredential(user, server.Password) : null;
        }
    }

    private static string Place(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    private ProxyServer Choose(Uri destination)
    {
        bool isHttps = destination.Scheme is "https" or "wss";
        ProxyTarget target = new(
            isHttps ? ProxyPurpose.Https : ProxyPurpose.Http,
            destination.IdnHost.Trim('[', ']'), destination.Port);
        ValueTask<IReadOnlyList<ProxyServer>> route =
            dialer.RouteAsync(target, CancellationToken.None);
        return (route.IsCompletedSuccessfully ? route.Result
            : route.AsTask().GetAwaiter().GetResult())[0];
    }

    private void Remember(ProxyServer server)
    {
        lock (_lock)
        {
            if (_known.Count >= MaxKnown)
            {
                _known.Clear();
            }

            _known[Place(new Uri(server.ToString()))] = server;
        }
    }
}
