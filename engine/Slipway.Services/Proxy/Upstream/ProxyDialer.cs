using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// Looks at the settings, asks for the route, and tries its upstreams one after the other.
/// </summary>
internal sealed class ProxyDialer : IProxyDialer
{
    // A PAC file may name more; a guest does not wait for them all.
    private const int MaxTried = 16;
    private readonly ProxyFollower _follower;
    private readonly RouteChooser _routes;
    private readonly UpstreamConnector _connector;
    private readonly UpstreamHealth _health;
    private readonly Action<string> _report;

    public ProxyDialer(
        ProxyFollower follower, RouteChooser routes, UpstreamConnector connector,
        UpstreamHealth health, Action<string> report)
    {
        _follower = follower;
        _routes = routes;
        _connector = connector;
        _health = health;
        _report = report;
        WebProxy = new UpstreamWebProxy(this);
    }

    public IWebProxy WebProxy { get; }

    public bool HasUpstream => _follower.Current.HasUpstream;

    public bool MayBeDirect
    {
        get
        {
            ProxySettings settings = _follower.Refresh();
            return settings.Pac is not null || HasDirect(settings.For(ProxyPurpose.Other));
        }
    }

    public async ValueTask CheckDirectAsync(ProxyTarget target, CancellationToken stop)
    {
        if (!HasDirect(await RouteAsync(target, stop).ConfigureAwait(false)))
        {
            throw new ProxyException(
                "this target is reached by an upstream proxy alone", 403,
                SocketError.AccessDenied);
        }
    }

    public async ValueTask<PreparedConnection?> PrepareAsync(
        ProxyTarget target, CancellationToken stop)
    {
        Check(target);
        ProxySettings settings = _follower.Refresh();
        List<(ProxyServer Server, UpstreamFailure Failure)> failures = [];
        foreach (ProxyServer server in await OrderAsync(settings, target, stop)
            .ConfigureAwait(false))
        {
            if (server.Kind == ProxyServerKind.Direct
                && settings.Allow?.Allows(target.Host, target.Port) == false)
            {
                return null; // a name may be on the list; its address is not to be touched before
            }

            try
            {
                return await _connector.PrepareAsync(server, target, stop).ConfigureAwait(false);
            }
            catch (UpstreamFailure failure)
            {
                failures.Add((server, failure));
                Fail(server, failure);
            }
        }

        return settings.DependsOnName(target.Purpose) ? null : throw Explain(target, failures);
    }

    public async ValueTask<ProxyTunnel> ConnectAsync(ProxyTarget target, CancellationToken stop)
    {
        if (_follower.Current.Allow is not null)
        {
            target = target with { Address = null };
        }

        List<(ProxyServer Server, UpstreamFailure Failure)> failures = [];
        foreach (ProxyServer server in await RouteAsync(target, stop).ConfigureAwait(false))
        {
            try
            {
                ProxyTunnel tunnel = await _connector.OpenAsync(server, target, stop)
                    .ConfigureAwait(false);
                Succeed(server);
                return tunnel;
            }
            catch (UpstreamFailure failure)
            {
                failures.Add((server, failure));
                Fail(server, failure);
                if (failure.IsFinal)
                {
                    break;
                }
            }
        }

        throw Explain(target, failures);
    }

    /// <summary>The upstreams to try, in their order; at least one.</summary>
    /// <exception cref="ProxyException">The target cannot be, or is not allowed.</exception>
    public async ValueTask<IReadOnlyList<ProxyServer>> RouteAsync(
        ProxyTarget target, CancellationToken stop)
    {
        Check(target);
        ProxySettings settings = _follower.Refresh();
        if (settings.Allow?.Allows(target.Host, target.Port) == false)
        {
            throw new ProxyException(
                settings.Allow.Refusal(target.Host), 403, SocketError.AccessDenied);
        }

        return await OrderAsync(settings, target, stop).ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<ProxyServer>> OrderAsync(
        ProxySettings settings, ProxyTarget target, CancellationToken stop)
    {
        IReadOnlyList<ProxyServer> servers = _health.Order(
            await _routes.ChooseAsync(settings, target, stop).ConfigureAwait(false));
        return servers.Count > MaxTried ? [.. servers.Take(MaxTried)] : servers;
    }

    public void Succeed(ProxyServer server) => _health.Succeed(server);

    public void Fail(ProxyServer server, UpstreamFailure failure)
    {
        if (failure.IsDead && _health.Fail(server))
        {
            _report($"upstream proxy {server}: {failure.Message}");
        }
    }

    private static bool HasDirect(IReadOnlyList<ProxyServer> servers) =>
        servers.Any(server => server.Kind == ProxyServerKind.Direct);

    private static void Check(ProxyTarget target)
    {
        bool isAddress = HostRule.TryParseAddress(target.Host, out _)
            && !target.Host.Contains('%', StringComparison.Ordinal) && target.Host[0] != '[';
        if ((!isAddress && !ProxyServer.IsHost(target.Host)) || target.Port is < 1 or > 65_535)
        {
            throw new ProxyException(
                "the request names no host and port that could be connected to", 400,
                SocketError.InvalidArgument);
        }
    }

    internal static ProxyException Explain(
        ProxyTarget target, List<(ProxyServer Server, UpstreamFailure Failure)> failures)
    {
        string place = string.Create(
            CultureInfo.InvariantCulture, $"{target.Host} port {target.Port}");
        UpstreamFailure last = failures[^1].Failure;
        int status = last.HttpStatus == 403 ? 403
            : failures.All(failed => failed.Failure.HttpStatus == 504) ? 504 : 502;
        if (failures is [(ProxyServer { Kind: ProxyServerKind.Direct }, _)])
        {
            return new ProxyException($"{place}: {last.Message}", status, last.Error, last);
        }

        IEnumerable<string> each = failures.Select(
            failed => $"{failed.Server}: {failed.Failure.Message}");
        return new ProxyException(
            $"no upstream proxy led to {place}: {string.Join("; ", each)}", status, last.Error,
            last);
    }
}
