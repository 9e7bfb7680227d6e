namespace Slipway.Services;

/// <summary>
/// Reads what FindProxyForURL returns: "PROXY a:1; HTTPS b:2; SOCKS5 c:3; DIRECT". SOCKS is taken
/// for SOCKS5, which its servers speak today; SOCKS4 and what nobody knows is left out.
/// </summary>
internal static class PacResult
{
    private const int MaxServers = 16;

    /// <exception cref="PacException">Nothing in it can be used.</exception>
    public static IReadOnlyList<ProxyServer> Parse(string text)
    {
        List<ProxyServer> servers = [];
        foreach (string part in text.Split(
            ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            ProxyServer? server = words.Length == 1
                && words[0].Equals("DIRECT", StringComparison.OrdinalIgnoreCase)
                    ? ProxyServer.Direct
                    : words.Length == 2 ? Read(words[0], words[1]) : null;
            if (server is not null && servers.Count < MaxServers)
            {
                servers.Add(server);
            }
        }

        // An empty answer is DIRECT to every browser.
        return servers.Count > 0 ? servers
            : string.IsNullOrWhiteSpace(text) ? [ProxyServer.Direct]
            : throw new PacException("FindProxyForURL returned no proxy that is known here: "
                + (text.Length > 80 ? text[..80] + "..." : text));
    }

    private static ProxyServer? Read(string kind, string authority) => kind.ToUpperInvariant()
        switch
    {
        "PROXY" or "HTTP" => ProxyServer.Of(ProxyServerKind.Http, authority),
        "HTTPS" => ProxyServer.Of(ProxyServerKind.Https, authority),
        "SOCKS" or "SOCKS5" => ProxyServer.Of(ProxyServerKind.Socks5, authority),
        _ => null,
    };
}
