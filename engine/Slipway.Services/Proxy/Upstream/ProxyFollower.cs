namespace Slipway.Services;

/// <summary>
/// Holds the settings of the moment. Of the sources in their order, the first that says where
/// connections go decides that; the first that has exceptions, an allow list or ports decides
/// those: a user's no_proxy holds for the desktop's proxy too.
/// </summary>
public sealed class ProxyFollower : IDisposable
{
    private readonly GivenProxy _given = new("the API");
    private readonly GivenProxy _configured = new("the configuration");
    private readonly ProxySource[] _sources;
    private readonly Action<string> _report;
    private readonly Timer? _timer;
    private readonly Lock _lock = new();
    private ProxySettings _current = new();
    private string _described = "direct";

    internal ProxyFollower(
        ProxySettings? configured, IEnumerable<ProxySource> sources, TimeSpan interval,
        Action<string> report)
    {
        _configured.Set(configured);
        _sources = [_given, _configured, .. sources];
        _report = report;
        foreach (ProxySource source in _sources)
        {
            source.Changed = Combine;
        }

        Combine();
        if (_sources.Any(source => source.IsPolled))
        {
            _timer = new Timer(_ => Refresh(), null, interval, interval);
        }
    }

    /// <summary>
    /// Called on any thread after <see cref="Current"/> has become another; must not block.
    /// </summary>
    public event Action<ProxySettings>? Changed;

    /// <summary>The settings that the next connection is made by.</summary>
    public ProxySettings Current => Volatile.Read(ref _current);

    /// <summary>What the configuration says; null for nothing.</summary>
    public ProxySettings? Configured => _configured.Current;

    /// <summary>Puts other settings in the place of the configuration's.</summary>
    public void Configure(ProxySettings? settings) => _configured.Set(settings);

    /// <summary>Settings that go before those of all sources; null takes them away.</summary>
    public void Set(ProxySettings? settings) => _given.Set(settings);

    public void Dispose()
    {
        _timer?.Dispose();
        foreach (ProxySource source in _sources)
        {
            source.Changed = null;
            source.Dispose();
        }
    }

    /// <summary>The settings after a look at what is read from files.</summary>
    internal ProxySettings Refresh()
    {
        foreach (ProxySource source in _sources)
        {
            source.Refresh();
        }

        return Current;
    }

    private void Combine()
    {
        ProxySettings combined;
        string? said = null;
        lock (_lock)
        {
            combined = Combine(
                [.. _sources.Select(source => source.Current).OfType<ProxySettings>()]);

            // Lists and rules count by reference: sources make them anew only for a change.
            if (combined == _current)
            {
                return;
            }

            Volatile.Write(ref _current, combined);
            string described = combined.SaysWhere
                ? $"{combined}, from {combined.Origin}" : "direct";
            if (described != _described)
            {
                _described = described;
                said = described;
            }
        }

        if (said is not null)
        {
            _report($"upstream proxy: {said}");
        }

        Changed?.Invoke(combined);
    }

    private static ProxySettings Combine(ProxySettings[] said)
    {
        ProxySettings? where = null;
        foreach (ProxySettings one in said.Reverse())
        {
            where = one.SaysWhere ? one with { Otherwise = where } : where;
        }

        return (where ?? new ProxySettings()) with
        {
            NoProxy = First(said, one => one.NoProxy),
            Allow = First(said, one => one.Allow),
            TransparentHttpPorts = First(said, one => one.TransparentHttpPorts),
            TransparentHttpsPorts = First(said, one => one.TransparentHttpsPorts),
        };
    }

    private static T? First<T>(ProxySettings[] said, Func<ProxySettings, T?> read)
        where T : class => said.Select(read).FirstOrDefault(value => value is not null);
}
