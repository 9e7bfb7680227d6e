using System.Globalization;
using System.Net;
using System.Text;

namespace Slipway.Services;

/// <summary>One upstream proxy, or <see cref="Direct"/> for none.</summary>
public sealed class ProxyServer
{
    // RFC 1929: each of user and password has 1 to 255 octets.
    private const int MaxCredentialBytes = 255;
    private const int MaxHostLength = 253;

    private ProxyServer(ProxyServerKind kind, string host, int port, string? user, string? password)
    {
        Kind = kind;
        Host = host;
        Port = port;
        User = user;
        Password = password;
    }

    /// <summary>The target itself.</summary>
    public static ProxyServer Direct { get; } = new(ProxyServerKind.Direct, "", 0, null, null);

    public ProxyServerKind Kind { get; }

    /// <summary>A name or an address without brackets; empty where it is direct.</summary>
    public string Host { get; }

    public int Port { get; }

    internal string? User { get; }

    internal string? Password { get; }

    /// <summary>RFC 7617: the value of Proxy-Authorization; null without credentials.</summary>
    internal string? BasicAuthorization => User is null
        ? null
        : "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));

    /// <summary>Two values of one upstream are equal here, whatever the credentials.</summary>
    internal string Key => ToString();

    /// <summary>
    /// Reads [SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/], SCHEME being http (the default), https,
    /// socks5 or socks5h, or the word direct. User and password may be percent-encoded.
    /// </summary>
    /// <param name="text">The URL.</param>
    /// <param name="server">What it names.</param>
    /// <param name="fault">What is wrong and how to mend it, without credentials.</param>
    public static bool TryParse(string text, out ProxyServer server, out string fault)
    {
        server = Direct;
        fault = "";
        text = text.Trim();
        if (text.Equals("direct", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        int colon = text.IndexOf("://", StringComparison.Ordinal);
        string scheme = colon < 0 ? "http" : text[..colon].ToLowerInvariant();
        (ProxyServerKind kind, int standard) = scheme switch
        {
            "http" => (ProxyServerKind.Http, 80),
            "https" => (ProxyServerKind.Https, 443),
            "socks5" or "socks5h" => (ProxyServerKind.Socks5, 1080),
            _ => (ProxyServerKind.Direct, 0),
        };
        string rest = colon < 0 ? text : text[(colon + 3)..];
        int at = rest.LastIndexOf('@');
        if (kind == ProxyServerKind.Direct)
        {
            fault = $"the scheme{(scheme.All(char.IsAsciiLetterOrDigit) ? $" '{scheme}'" : "")} is "
                + "not one of http, https, socks5, socks5h; write for example "
                + "http://proxy.example:3128";
            return false;
        }

        string? user = null;
        string? password = null;
        if (at >= 0 && !TryReadCredentials(rest[..at], out user, out password, out fault))
        {
            return false;
        }

        if (!TryReadAuthority(rest[(at + 1)..], standard, out string host, out int port, out fault))
        {
            return false;
        }

        server = new ProxyServer(kind, host, port, user, password);
        return true;
    }

    /// <summary>A text that may hold a URL, with user and password left out of it.</summary>
    public static string WithoutCredentials(string text)
    {
        int at = text.LastIndexOf('@');
        if (at < 0)
        {
            return text;
        }

        // What stands before :// may be a password too, where somebody has mistyped.
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int start = scheme >= 0 && scheme < at
            && text.Take(scheme).All(char.IsAsciiLetterOrDigit) ? scheme + 3 : 0;
        return $"{text[..start]}...{text[at..]}";
    }

    public override string ToString()
    {
        if (Kind == ProxyServerKind.Direct)
        {
            return "direct";
        }

        string host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        return string.Create(
            CultureInfo.InvariantCulture, $"{Kind.ToString().ToLowerInvariant()}://{host}:{Port}");
    }

    /// <summary>One that a PAC file names; null where the parts are none.</summary>
    internal static ProxyServer? Of(ProxyServerKind kind, string authority)
    {
        int standard = kind switch
        {
            ProxyServerKind.Https => 443,
            ProxyServerKind.Socks5 => 1080,
            _ => 80,
        };
        return TryReadAuthority(authority, standard, out string host, out int port, out _)
            ? new ProxyServer(kind, host, port, null, null) : null;
    }

    private static bool TryReadCredentials(
        string text, out string? user, out string? password, out string fault)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        user = Uri.UnescapeDataString(colon < 0 ? text : text[..colon]);
        password = colon < 0 ? "" : Uri.UnescapeDataString(text[(colon + 1)..]);
        fault = user.Length == 0 ? "has a password without a user; write USER:PASSWORD@HOST:PORT"
            : user.Contains(':', StringComparison.Ordinal)
                ? "has a user with a colon, which Basic authentication cannot carry"
            : Encoding.UTF8.GetByteCount(user) > MaxCredentialBytes
                || Encoding.UTF8.GetByteCount(password) > MaxCredentialBytes
                ? "has a user or a password of more than 255 bytes"
            : user.Any(char.IsControl) || password.Any(char.IsControl)
                ? "has a control character in its user or password"
            : "";
        return fault.Length == 0;
    }

    private static bool TryReadAuthority(
        string text, int standard, out string host, out int port, out string fault)
    {
        port = standard;
        fault = "";
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string path = slash < 0 ? "" : text[slash..];
        string authority = slash < 0 ? text : text[..slash];
        int close = authority.IndexOf(']', StringComparison.Ordinal);
        bool isBracketed = authority.StartsWith('[') && close > 0;
        int colon = authority.IndexOf(':', isBracketed ? close : 0);
        host = (isBracketed ? authority[1..close]
            : colon < 0 ? authority : authority[..colon]).ToLowerInvariant();
        string after = isBracketed ? authority[(close + 1)..] : colon < 0 ? "" : authority[colon..];
        if (path.Length > 1)
        {
            fault = "has a path; a proxy has none";
        }
        else if (isBracketed ? !IPAddress.TryParse(host, out _) || !host.Contains(
                ':', StringComparison.Ordinal) : !IsHost(host))
        {
            fault = "does not name a host; write for example http://proxy.example:3128";
        }
        else if (after.Length > 0
            && (after[0] != ':' || !int.TryParse(
                after.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
                || port is < 1 or > 65_535))
        {
            fault = "has a port that is not a number from 1 to 65535";
        }

        return fault.Length == 0;
    }

    /// <summary>Whether a text can be a host in a request to a proxy.</summary>
    internal static bool IsHost(string host)
    {
        if (host.Length is 0 or > MaxHostLength)
        {
            return false;
        }

        foreach (char c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
