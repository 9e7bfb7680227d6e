using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>A name that the DNS server answers itself, and one of its addresses.</summary>
/// <param name="Name">The host name, in lower case, without a final dot.</param>
/// <param name="Address">Answered as A or AAAA by its family.</param>
public sealed record DnsRecord(string Name, IpAddress Address)
{
    /// <summary>Parses NAME=ADDRESS.</summary>
    /// <exception cref="ConfigurationException">The name or the address is not one.</exception>
    internal static DnsRecord Parse(string key, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new ConfigurationException(
                key, text, "is not NAME=ADDRESS; write for example registry.test=192.168.127.254");
        }

        return Parse(key, text, text[..equals], text[(equals + 1)..]);
    }

    internal static DnsRecord Parse(string key, string value, string name, string address)
    {
        // "*.apps.test" stands for all names below apps.test that are not known otherwise.
        const string wildcard = "*.";
        bool isWildcard = name.StartsWith(wildcard, StringComparison.Ordinal);
        string host = (isWildcard ? wildcard : "") + SettingText.ParseDomain(
            key, value, isWildcard ? name[wildcard.Length..] : name);
        return new DnsRecord(host, SettingText.ParseAddress(key, value, address));
    }
}
