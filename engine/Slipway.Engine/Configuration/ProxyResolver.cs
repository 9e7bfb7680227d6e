using Slipway.Services;

namespace Slipway.Engine;

/// <summary>Checks the configuration's "proxy". No message holds a user or a password.</summary>
internal static class ProxyResolver
{
    public const int MinSeconds = 1;
    public const int MaxConnectSeconds = 300;
    public const int MaxHandshakeSeconds = 600;
    public const int MaxDeadSeconds = 3_600;
    private const int MaxServers = 16;

    public static ProxyUpstreamConfiguration Resolve(
        ProxyDocument document, CommandLineSettings commandLine)
    {
        ProxyUpstreamConfiguration standard = new();
        return standard with
        {
            Configured = ResolveSettings(document, commandLine),
            File = SettingText.CheckFile("proxy.file", document.File),
            Desktop = document.Desktop ?? standard.Desktop,
            Environment = document.Environment ?? standard.Environment,
            CaFile = SettingText.CheckFile("proxy.caFile", document.CaFile),
            PacFailure = document.PacFailure switch
            {
                null or "next" => PacFailure.NextSource,
                "direct" => PacFailure.Direct,
                _ => throw new ConfigurationException(
                    "proxy.pacFailure", document.PacFailure, "must be next or direct"),
            },
            ConnectTimeout = Seconds(
                "proxy.connectSeconds", document.ConnectSeconds, MaxConnectSeconds,
                standard.ConnectTimeout),
            HandshakeTimeout = Seconds(
                "proxy.handshakeSeconds", document.HandshakeSeconds, MaxHandshakeSeconds,
                standard.HandshakeTimeout),
            DeadTime = Seconds(
                "proxy.deadSeconds", document.DeadSeconds, MaxDeadSeconds, standard.DeadTime),
        };
    }

    /// <summary>Where connections go, as it is told to a running engine.</summary>
    /// <exception cref="ConfigurationException">A key is wrong, or is for the start
    /// alone.</exception>
    public static ProxySettings ResolveChange(ProxyDocument document)
    {
        foreach ((string key, object? value) in (ReadOnlySpan<(string, object?)>)[
            ("enabled", document.Enabled), ("port", document.Port),
            ("socksPort", document.SocksPort), ("transparentPorts", document.TransparentPorts),
            ("pacFailure", document.PacFailure), ("file", document.File),
            ("desktop", document.Desktop), ("environment", document.Environment),
            ("caFile", document.CaFile), ("connectSeconds", document.ConnectSeconds),
            ("handshakeSeconds", document.HandshakeSeconds),
            ("deadSeconds", document.DeadSeconds)])
        {
            if (value is not null)
            {
                throw new ConfigurationException(
                    $"proxy.{key}", null, "is for the start of an engine; change http, https, all, "
                        + "noProxy, pac or allow");
            }
        }

        return ResolveSettings(document, new CommandLineSettings()) ?? new ProxySettings();
    }

    private static ProxySettings? ResolveSettings(
        ProxyDocument document, CommandLineSettings commandLine)
    {
        // An option says all about where connections go: what the file says about it is gone.
        bool isGiven = commandLine.Proxy.Count > 0;
        ProxySettings settings = new()
        {
            Http = isGiven ? null : Servers("proxy.http", document.Http),
            Https = isGiven ? null : Servers("proxy.https", document.Https),
            All = isGiven
                ? Servers("--proxy", commandLine.Proxy.Select(text => ("--proxy", text)))
                : Servers("proxy.all", document.All),
            Pac = isGiven ? null : SettingText.CheckFile("proxy.pac", document.Pac),
            NoProxy = commandLine.NoProxy is string list
                ? Rules([("--no-proxy", list)])
                : document.NoProxy is null ? null
                    : Rules(document.NoProxy.Entries("proxy.noProxy")),
            Allow = document.Allow is null ? null
                : new AllowList(
                    Rules(document.Allow.Entries("proxy.allow")), document.AllowMessage),
        };
        if (document.AllowMessage is not null && document.Allow is null)
        {
            throw new ConfigurationException(
                "proxy.allowMessage", null, "has no hosts that are allowed; add proxy.allow");
        }

        return settings == new ProxySettings() ? null : settings;
    }

    private static ProxyServer[]? Servers(string key, TextOrList? document) =>
        document is null ? null : Servers(key, document.Entries(key));

    private static ProxyServer[] Servers(string key, IEnumerable<(string Key, string Text)> entries)
    {
        ProxyServer[] servers = [.. entries.Select(entry => Server(entry.Key, entry.Text))];
        return servers.Length <= MaxServers ? servers : throw new ConfigurationException(
            key, null, $"has {servers.Length} proxies; name at most {MaxServers}");
    }

    private static ProxyServer Server(string key, string text) =>
        ProxyServer.TryParse(text, out ProxyServer server, out string fault)
            ? server
            : throw new ConfigurationException(key, ProxyServer.WithoutCredentials(text), fault);

    private static HostRules Rules(IEnumerable<(string Key, string Text)> entries)
    {
        List<string> items = [];
        foreach ((string key, string text) in entries)
        {
            _ = HostRules.Parse(text, out IReadOnlyList<string> faults);
            if (faults.Count > 0)
            {
                throw new ConfigurationException(
                    key, faults[0],
                    "is neither a name, an address, a network nor *; write for example "
                        + "corp.example, 10.0.0.0/8 or [2001:db8::1]:8080");
            }

            items.Add(text);
        }

        HostRules rules = HostRules.Parse(items, out IReadOnlyList<string> leftOut);
        return leftOut.Count == 0 ? rules : throw new ConfigurationException(
            "proxy", null, $"has more than {HostRules.MaxRules} hosts in one list; use networks "
                + "or shorter names");
    }

    private static TimeSpan Seconds(string key, int? value, int maximum, TimeSpan otherwise) =>
        value is int seconds
            ? TimeSpan.FromSeconds(
                SettingText.CheckRange(key, seconds, MinSeconds, maximum, "seconds"))
            : otherwise;
}
