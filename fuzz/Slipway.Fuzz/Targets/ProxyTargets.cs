using System.Text;
using System.Text.Json;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>The proxy: heads of requests, and settings that come from elsewhere.</summary>
internal static class ProxyTargets
{
    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("connect-head", Head,
            ["CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\nX: 1\r\n\r\n"u8.ToArray(),
                "CONNECT [2001:db8::1]:1 HTTP/1.0\r\n\r\n"u8.ToArray()])
        {
            Words = ["\r\n", "\r\n\r\n", "Host: ", "Content-Length: ", " HTTP/1.1", "[", "]", ":0",
                "Transfer-Encoding: chunked", "\n", "\r", "\t", "%00"],
        },
        new("authority", Authorities, ["a.test:80"u8.ToArray(), "[::1]:443"u8.ToArray()])
        {
            MaximumBytes = 400, Words = ["[", "]", ":", "::ffff:1.2.3.4", "65536", "%", "@"],
        },
        new("pac-result", Result,
            ["PROXY a:3128; SOCKS5 b:1080; HTTPS c:443; DIRECT"u8.ToArray()])
        {
            Words = ["PROXY ", "SOCKS ", "DIRECT", ";", " ", ":", "HTTPS ", "http://"],
        },
        new("no-proxy", text => HostRules.Parse(Text(text), out _),
            ["corp.test, .x.test *.y.test 10.0.0.0/8 [::1] a:80 *"u8.ToArray()])
        {
            Words = [",", " ", "*", ".", "/8", "/129", ":80", "::", "[", "]", "<local>"],
        },
        new("proxy-server", Server,
            ["u:p@proxy.test:3128"u8.ToArray(), "socks5h://[::1]:1080"u8.ToArray()])
        {
            MaximumBytes = 400,
            Words = ["://", "@", ":", "%3A", "[", "]", "socks5", "https", "direct"],
        },
        new("proxy-file", File,
            ["""{"http":"a:1","https":"b:2","exclude":"*.c","allow":["d"]}"""u8.ToArray()])
        {
            Words = ["\"http\":", "\"exclude\":", "\"allow_enabled\":true", "null", "[", "{",
                "\\u0000"],
        },
        new("desktop", text => DesktopSettingsText.Parse(Text(text), []),
            ["org.gnome.system.proxy mode 'manual'\norg.gnome.system.proxy.http host 'a'\n"u8
                .ToArray()])
        {
            Words = ["org.gnome.system.proxy ", "'manual'", "'auto'", "port ", "uint32 ", "['",
                "']", "@as []", "\n"],
        },
    ];

    private static string Text(ReadOnlySpan<byte> input) => Encoding.UTF8.GetString(input);

    private static void Head(ReadOnlySpan<byte> input)
    {
        int end = HttpSyntax.FindHeadEnd(input);
        if (end > 0 && ConnectHead.Read(input[..end], out Authority target) is null)
        {
            FuzzFaultException.If(target.Port == 0, "a target without a port was accepted");
            FuzzFaultException.If(
                input[..end].IndexOf("\r\nContent-Length"u8) > 0
                    && input[..end].IndexOf("\r\nTransfer-Encoding"u8) > 0,
                "two ways to find the end were accepted");
        }
    }

    private static void Result(ReadOnlySpan<byte> input)
    {
        try
        {
            FuzzFaultException.If(PacResult.Parse(Text(input)).Count == 0, "it names nothing");
        }
        catch (PacException e)
        {
            MustSayWhy(e);
        }
    }

    private static void Authorities(ReadOnlySpan<byte> input)
    {
        if (Authority.TryParse(Text(input), out Authority authority) && authority.Port != 0)
        {
            FuzzFaultException.If(
                !Authority.TryParse(authority.ToString(), out Authority again)
                    || again != authority,
                $"{authority} reads otherwise than it was written");
        }
    }

    private static void Server(ReadOnlySpan<byte> input)
    {
        string text = Text(input);
        if (ProxyServer.TryParse(text, out ProxyServer server, out string fault))
        {
            // The text of it is http://HOST:PORT, whatever stood before the host.
            FuzzFaultException.If(
                server.ToString()!.Contains('@', StringComparison.Ordinal),
                "user or password are told");
        }
        else
        {
            FuzzFaultException.If(fault.Length == 0, "it is refused without a reason");
        }
    }

    private static void File(ReadOnlySpan<byte> input)
    {
        try
        {
            _ = VpnkitProxyDocument.Parse(Text(input), out _);
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            MustSayWhy(e);
        }
    }

    private static void MustSayWhy(Exception refusal) => FuzzFaultException.If(
        string.IsNullOrWhiteSpace(refusal.Message), "it is refused without a reason");
}
