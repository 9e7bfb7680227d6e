using System.Globalization;
using System.Net;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Checks the configuration's "dns.servers" and "dns.domains".</summary>
internal static class NameServerResolver
{
    private const int MostServers = 3;
    private const ushort Port = 53;

    public static List<DnsDomain> ResolveDomains(Dictionary<string, List<string>>? document)
    {
        List<DnsDomain> domains = [];
        foreach ((string name, List<string> servers) in document ?? [])
        {
            string key = $"dns.domains.{name}";
            string domain = SettingText.ParseDomain(key, name, name);
            domains.Add(new DnsDomain(domain, ResolveServers(key, servers)));
        }

        return domains;
    }

    /// <summary>Servers that are named; none where the host's are asked.</summary>
    public static IReadOnlyList<NameServerEndpoint> ResolveServers(List<string>? document) =>
        document is null ? [] : ResolveServers("dns.servers", document);

    private static NameServerEndpoint[] ResolveServers(string key, List<string> servers) =>
        servers.Count is > 0 and <= MostServers
            ? [.. servers.Select((text, i) => Parse($"{key}[{i}]", text))]
            : throw new ConfigurationException(
                key, null, $"has {servers.Count} servers; name 1 to {MostServers}");

    // ADDRESS, or tls://ADDRESS#NAME for DNS over TLS.
    private static NameServerEndpoint Parse(string key, string text)
    {
        const string tls = "tls://";
        if (!text.StartsWith(tls, StringComparison.OrdinalIgnoreCase))
        {
            return ParseAddress(key, text, text, Port);
        }

        string[] parts = text[tls.Length..].Split('#');
        if (parts.Length > 2)
        {
            throw Wrong(key, text);
        }

        IPEndPoint address = ParseAddress(key, text, parts[0], NameServerEndpoint.TlsPort);
        string? name = parts.Length == 2 ? SettingText.ParseDomain(key, text, parts[1]) : null;
        return new NameServerEndpoint(address, IsTls: true, name);
    }

    // ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. An IPv6 address has more than one colon.
    private static IPEndPoint ParseAddress(
        string key, string value, string text, ushort standardPort)
    {
        int colon = text.LastIndexOf(':');
        bool isBracketed = text.StartsWith('[') && colon > 0 && text[colon - 1] == ']';
        bool hasPort = isBracketed || (colon >= 0 && text.IndexOf(':', StringComparison.Ordinal)
            == colon);
        string address = isBracketed ? text[1..(colon - 1)] : hasPort ? text[..colon] : text;
        ushort port = standardPort;
        bool isGood = IpAddress.TryParse(address, out IpAddress server)
            && (!hasPort || (ushort.TryParse(
                text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
                && port > 0));
        return isGood
            ? new IPEndPoint(IPAddress.Parse(server.ToString()), port)
            : throw Wrong(key, value);
    }

    private static ConfigurationException Wrong(string key, string text) => new(
        key, text,
        "is not a name server's address; write for example 10.0.0.53, [2001:db8::53]:5353 or "
            + "tls://10.0.0.53#dns.example");
}
