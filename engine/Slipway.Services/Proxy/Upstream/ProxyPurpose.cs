namespace Slipway.Services;

/// <summary>What a connection is for: which of the settings' upstreams count.</summary>
public enum ProxyPurpose
{
    /// <summary>HTTP without TLS: `http`, else `all`.</summary>
    Http,

    /// <summary>HTTP over TLS: `https`, else `all`.</summary>
    Https,

    /// <summary>Any other protocol: `all`.</summary>
    Other,
}
