namespace Slipway.Services;

/// <summary>Settings that are handed over: by the configuration, or at run time.</summary>
internal sealed class GivenProxy(string origin) : ProxySource
{
    public void Set(ProxySettings? settings) =>
        Become(settings is null ? null : settings with { Origin = origin });
}
