namespace Slipway.Services;

/// <summary>How an upstream is spoken to.</summary>
public enum ProxyServerKind
{
    /// <summary>No upstream: the connection goes to the target itself.</summary>
    Direct,

    /// <summary>HTTP CONNECT (RFC 9110 section 9.3.6).</summary>
    Http,

    /// <summary>The same inside TLS to the proxy.</summary>
    Https,

    /// <summary>SOCKS version 5 (RFC 1928); names go to the proxy as they are.</summary>
    Socks5,
}
