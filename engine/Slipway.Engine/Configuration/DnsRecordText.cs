using Slipway.Services;

namespace Slipway.Engine;

/// <summary>The grammar of --dns, and of names that have records.</summary>
internal static class DnsRecordText
{
    /// <summary>Parses NAME=ADDRESS.</summary>
    /// <exception cref="ConfigurationException">The name or the address is not one.</exception>
    public static DnsNamedRecord Parse(string key, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals >= 0
            ? new DnsNamedRecord(
                ParseName(key, text, text[..equals]),
                SettingText.ParseAddress(key, text, text[(equals + 1)..]))
            : throw new ConfigurationException(
                key, text,
                "is not NAME=ADDRESS; write for example registry.test=192.168.127.254");
    }

    /// <summary>A name in lower case; "*.apps.test" stands for all names below apps.test that
    /// are not known otherwise.</summary>
    public static string ParseName(string key, string value, string name)
    {
        const string wildcard = "*.";
        bool isWildcard = name.StartsWith(wildcard, StringComparison.Ordinal);
        return (isWildcard ? wildcard : "") + SettingText.ParseDomain(
            key, value, isWildcard ? name[wildcard.Length..] : name);
    }
}
