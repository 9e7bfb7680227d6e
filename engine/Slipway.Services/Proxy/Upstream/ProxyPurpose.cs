namespace Slipway.Services;

/// <summary>What a connection is for; upstreams may be set for each.</summary>
public enum ProxyPurpose
{
    Http,
    Https,
    Other,
}
