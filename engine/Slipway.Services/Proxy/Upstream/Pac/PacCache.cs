namespace Slipway.Services;

/// <summary>What a PAC file has said about a host, for a short time; failures too.</summary>
internal sealed class PacCache(TimeProvider time)
{
    // Files ask for the time of day and for names: what they say does not hold for long.
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);
    private const int MaxHosts = 1_024;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = [];

    /// <summary>The answer that is kept; null within it where the file failed.</summary>
    public bool TryFind(string url, out IReadOnlyList<ProxyServer>? servers)
    {
        lock (_lock)
        {
            bool isKept = _entries.TryGetValue(url, out Entry entry)
                && time.GetUtcNow() < entry.Until;
            servers = isKept ? entry.Servers : null;
            return isKept;
        }
    }

    public void Store(string url, IReadOnlyList<ProxyServer>? servers)
    {
        lock (_lock)
        {
            if (_entries.Count >= MaxHosts)
            {
                _entries.Clear();
            }

            _entries[url] = new Entry(servers, time.GetUtcNow() + Lifetime);
        }
    }

    private readonly record struct Entry(
        IReadOnlyList<ProxyServer>? Servers, DateTimeOffset Until);
}
