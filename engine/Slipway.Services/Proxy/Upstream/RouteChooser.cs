namespace Slipway.Services;

/// <summary>Which upstreams a target is reached by, in the order in which they are tried.</summary>
internal sealed class RouteChooser(PacEvaluator pac, PacFailure failure)
{
    private static readonly IReadOnlyList<ProxyServer> DirectOnly = [ProxyServer.Direct];

    // By an upstream these would be the upstream's own.
    private static readonly HostRules Loopback =
        HostRules.Parse("localhost 127.0.0.0/8 ::1", out _);

    /// <returns>At least one.</returns>
    public async ValueTask<IReadOnlyList<ProxyServer>> ChooseAsync(
        ProxySettings settings, ProxyTarget target, CancellationToken stop)
    {
        if (Loopback.Matches(target.Host, target.Port)
            || settings.NoProxy?.Matches(target.Host, target.Port) == true)
        {
            return DirectOnly;
        }

        for (ProxySettings? said = settings; said is not null; said = said.Otherwise)
        {
            if (said.Pac is null)
            {
                return said.For(target.Purpose);
            }

            if (await pac.TryEvaluateAsync(said, target, stop).ConfigureAwait(false)
                is IReadOnlyList<ProxyServer> servers)
            {
                return servers;
            }

            if (failure == PacFailure.Direct)
            {
                return DirectOnly;
            }

            if ((said with { Pac = null }).SaysWhere)
            {
                return said.For(target.Purpose);
            }
        }

        return DirectOnly;
    }
}
