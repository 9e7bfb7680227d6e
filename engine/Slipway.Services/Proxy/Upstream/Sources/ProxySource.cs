namespace Slipway.Services;

/// <summary>One place that settings come from.</summary>
internal abstract class ProxySource : IDisposable
{
    private ProxySettings? _current;

    /// <summary>What the source says now; null where it says nothing.</summary>
    public ProxySettings? Current => Volatile.Read(ref _current);

    /// <summary>Called on any thread after <see cref="Current"/> has become another.</summary>
    public Action? Changed { get; set; }

    /// <summary>Whether <see cref="Refresh"/> has anything to look at.</summary>
    public virtual bool IsPolled => false;

    /// <summary>Looks whether what the source reads has changed. Cheap.</summary>
    public virtual void Refresh()
    {
    }

    public virtual void Dispose()
    {
    }

    protected void Become(ProxySettings? settings)
    {
        Volatile.Write(ref _current, settings);
        Changed?.Invoke();
    }
}
