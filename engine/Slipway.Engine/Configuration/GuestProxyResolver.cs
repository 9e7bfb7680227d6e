using System.Globalization;

namespace Slipway.Engine;

/// <summary>Checks what the configuration's "proxy" says of the guests' side.</summary>
internal static class GuestProxyResolver
{
    public const int MaxPort = ushort.MaxValue;
    private const int MaxTransparentPorts = 64;

    public static GuestProxyConfiguration Resolve(ProxyDocument document)
    {
        GuestProxyConfiguration standard = new();
        GuestProxyConfiguration proxy = standard with
        {
            IsEnabled = document.Enabled ?? true,
            Port = Check("proxy.port", document.Port ?? standard.Port),
            SocksPort = Check("proxy.socksPort", document.SocksPort ?? standard.SocksPort),
            TransparentPorts = document.TransparentPorts is List<int> ports
                ? CheckAll(ports) : standard.TransparentPorts,
        };
        return proxy.Port != proxy.SocksPort || proxy.Port == 0
            ? proxy
            : throw new ConfigurationException(
                "proxy.socksPort", Text(proxy.SocksPort),
                "is the port of the HTTP proxy too; choose another for one of them, or 0 for none");
    }

    private static int Check(string key, int port) => port != DnsEndpoint.Port
        ? SettingText.CheckRange(key, port, 0, MaxPort, "")
        : throw new ConfigurationException(
            key, Text(port), "is the port of the DNS server; choose another, or 0 for none");

    private static List<int> CheckAll(List<int> ports)
    {
        const string key = "proxy.transparentPorts";
        if (ports.Count > MaxTransparentPorts)
        {
            throw new ConfigurationException(
                key, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"has {ports.Count} ports; name at most {MaxTransparentPorts}"));
        }

        for (int i = 0; i < ports.Count; i++)
        {
            SettingText.CheckRange($"{key}[{Text(i)}]", ports[i], 1, MaxPort, "");
        }

        return ports;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
