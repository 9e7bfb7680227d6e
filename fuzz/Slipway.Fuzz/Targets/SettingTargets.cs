using System.Text;
using Slipway.Engine;
using Slipway.Services;

namespace Slipway.Fuzz.Targets;

/// <summary>What a user writes, and files of the host.</summary>
internal static class SettingTargets
{
    private const string Everything =
        """
        { "links": ["stream:/tmp/a"], "subnet": "10.0.0.0/24", "mtu": 1500,
          "publish": ["8080:80", "[::]:1:[fd5a:94ef:e40c::2]:2/udp"],
          "dns": { "records": { "a.test": "10.0.0.2" }, "domains": { "b": ["192.0.2.1"] } },
          "dhcp": { "leases": [{ "mac": "52:54:00:12:34:56", "address": "10.0.0.9" }] },
          "services": [{ "name": "s.internal", "port": 1, "target": "unix:/run/s" }],
          "proxy": { "all": ["proxy.test:1"], "noProxy": "b" }, "limits": { "tcpFlows": 9 } }
        """;

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("config", Configuration,
            [Encoding.UTF8.GetBytes(Everything), "{}"u8.ToArray()])
        {
            MaximumBytes = 4_096,
            Words = ["{", "}", "[", "]", ":", ",", "null", "true", "-1", "\"\"", "1e9", "/*", "//",
                "\"dns\":", "\"ipv6\":", "\"services\":", "\"intercept\":", "\"limits\":",
                "\"10.0.0.0/8\"", "\"tcp:a:1\"", "\"unix:/x\"", "\"dhcp\":", "\"zones\":",
                "\"0.0.0.0/0\"", "\\u0000"],
        },
        new("link", text => Parse(text, (key, value) => LinkSpecification.Parse(key, value)),
            ["tap:tap0,netns=/run/netns/a"u8.ToArray(), "fd:3,framing=stream"u8.ToArray()])
        {
            MaximumBytes = 300, Words = ["tap:", "stream:", "vsock:", "fd:", ",", "=", "netns"],
        },
        new("publish", text => Parse(text, (key, value) => PublishSpecification.Parse(key, value)),
            ["127.0.0.1:8080:192.168.127.2:80/tcp"u8.ToArray(), "[::1]:53:53/udp"u8.ToArray()])
        {
            MaximumBytes = 300, Words = [":", "/udp", "[", "]", "0", "65536", "unix:", "-", "web"],
        },
        new("resolv-conf", text => ResolverConfiguration.Parse(Text(text)),
            ["nameserver 192.0.2.1\nsearch a.test b.test\noptions ndots:2\n"u8.ToArray()])
        {
            Words = ["nameserver ", "search ", "domain ", "options ", "\n", "fe80::1%eth0", "#"],
        },
        new("hosts-file", text => HostsFile.Parse(Text(text), null),
            ["127.0.0.1 localhost\n::1 a.test b # c\n"u8.ToArray()])
        {
            Words = ["127.0.0.1 ", "\n", "#", "\t", "::1", "."],
        },
        new("nsswitch", text => NameServiceSwitch.Parse(Text(text)),
            ["hosts: files mdns4_minimal [NOTFOUND=return] dns\n"u8.ToArray()])
        {
            Words = ["hosts:", "files", "dns", "resolve", "[", "]", "!UNAVAIL=return", "\n"],
        },
    ];

    private static string Text(ReadOnlySpan<byte> input) => Encoding.UTF8.GetString(input);

    private static void Configuration(ReadOnlySpan<byte> input)
    {
        try
        {
            _ = ConfigurationReader.Parse(Text(input));
        }
        catch (ConfigurationException e)
        {
            Check(e);
        }
    }

    private static void Parse(ReadOnlySpan<byte> input, Func<string, string, object> parse)
    {
        try
        {
            string first = parse("--key", Text(input)).ToString()!;
            string again = parse("--key", first).ToString()!;
            FuzzFaultException.If(first != again, $"{first} reads as {again}");
        }
        catch (ConfigurationException e)
        {
            Check(e);
        }
    }

    private static void Check(ConfigurationException e) => FuzzFaultException.If(
        string.IsNullOrWhiteSpace(e.Remedy), "a refusal without a remedy");
}
