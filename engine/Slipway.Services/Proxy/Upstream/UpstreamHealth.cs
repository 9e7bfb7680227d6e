namespace Slipway.Services;

/// <summary>
/// Which upstreams have failed lately. They stand behind the others until their time is over; where
/// there are no others, they are tried all the same.
/// </summary>
internal sealed class UpstreamHealth(TimeSpan deadTime, TimeProvider time)
{
    private const int MaxDead = 256;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _deadUntil = [];

    /// <summary>The upstreams in the order in which they are to be tried.</summary>
    public IReadOnlyList<ProxyServer> Order(IReadOnlyList<ProxyServer> servers)
    {
        lock (_lock)
        {
            if (_deadUntil.Count == 0 || servers.Count == 1)
            {
                return servers;
            }

            DateTimeOffset now = time.GetUtcNow();
            return [.. servers.OrderBy(server => IsDead(server, now))];
        }
    }

    /// <summary>Puts an upstream behind the others; true where it was not there yet.</summary>
    public bool Fail(ProxyServer server)
    {
        lock (_lock)
        {
            DateTimeOffset now = time.GetUtcNow();
            bool isNew = !IsDead(server, now);
            if (_deadUntil.Count >= MaxDead && !_deadUntil.ContainsKey(server.Key))
            {
                _deadUntil.Remove(_deadUntil.MinBy(entry => entry.Value).Key);
            }

            _deadUntil[server.Key] = now + deadTime;
            return isNew;
        }
    }

    public void Succeed(ProxyServer server)
    {
        lock (_lock)
        {
            _deadUntil.Remove(server.Key);
        }
    }

    private bool IsDead(ProxyServer server, DateTimeOffset now) =>
        _deadUntil.TryGetValue(server.Key, out DateTimeOffset until) && now < until;
}
