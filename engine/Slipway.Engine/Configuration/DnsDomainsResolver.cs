using System.Globalization;
using System.Net;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Checks the configuration's "dns.domains".</summary>
internal static class DnsDomainsResolver
{
    private const int MostServers = 3;
    private const ushort Port = 53;

    public static List<DnsDomain> Resolve(Dictionary<string, List<string>>? document)
    {
        List<DnsDomain> domains = [];
        foreach ((string name, List<string>? servers) in document ?? [])
        {
            string key = $"dns.domains.{name}";
            string domain = SettingText.ParseDomain(key, name, name);
            if (servers is null || servers.Count is 0 or > MostServers)
            {
                throw new ConfigurationException(
                    key, null, $"has {servers?.Count ?? 0} servers; name 1 to {MostServers}");
            }

            domains.Add(new DnsDomain(
                domain, [.. servers.Select((text, i) => Parse($"{key}[{i}]", text))]));
        }

        return domains;
    }

    // ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT. An IPv6 address has more than one colon.
    private static IPEndPoint Parse(string key, string text)
    {
        int colon = text.LastIndexOf(':');
        bool isBracketed = text.StartsWith('[') && colon > 0 && text[colon - 1] == ']';
        bool hasPort = isBracketed || (colon >= 0 && text.IndexOf(':', StringComparison.Ordinal)
            == colon);
        string address = isBracketed ? text[1..(colon - 1)] : hasPort ? text[..colon] : text;
        ushort port = Port;
        bool isGood = IpAddress.TryParse(address, out IpAddress server)
            && (!hasPort || (ushort.TryParse(
                text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
                && port > 0));
        return isGood
            ? new IPEndPoint(IPAddress.Parse(server.ToString()), port)
            : throw new ConfigurationException(
                key, text,
                "is not a name server's address; write for example 10.0.0.53 or "
                    + "[2001:db8::53]:5353");
    }
}
