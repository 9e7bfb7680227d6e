using System.Globalization;

namespace Slipway.Services;

/// <summary>
/// Reads what `gsettings list-recursively org.gnome.system.proxy` prints: a line for each key,
/// SCHEMA KEY VALUE, values in GVariant's text form.
/// </summary>
internal static class DesktopSettingsText
{
    private const string Root = "org.gnome.system.proxy";

    /// <summary>What the desktop says; null where it says that there is no proxy.</summary>
    /// <param name="text">The lines.</param>
    /// <param name="faults">What had to be left out, and why.</param>
    public static ProxySettings? Parse(string text, List<string> faults)
    {
        Dictionary<string, string> values = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ', 3);
            if (parts.Length == 3 && parts[0].StartsWith(Root, StringComparison.Ordinal))
            {
                values[$"{parts[0][Root.Length..].TrimStart('.')}/{parts[1]}"] = parts[2];
            }
        }

        return Text(values, "/mode") switch
        {
            "manual" => Manual(values, faults),
            "auto" => Automatic(values, faults),
            _ => null,
        };
    }

    private static ProxySettings? Automatic(
        Dictionary<string, string> values, List<string> faults)
    {
        string url = Text(values, "/autoconfig-url");
        if (url.Length == 0)
        {
            faults.Add("asks to find a PAC file by itself (WPAD), which is not done; give its URL");
            return null;
        }

        return new ProxySettings { Pac = url, Origin = "the desktop" };
    }

    private static ProxySettings? Manual(Dictionary<string, string> values, List<string> faults)
    {
        HostRules direct = HostRules.Parse(
            Strings(values.GetValueOrDefault("/ignore-hosts", "[]")),
            out IReadOnlyList<string> wrong);
        if (wrong.Count > 0)
        {
            faults.Add($"has '{wrong[0]}' among ignore-hosts, which is left out");
        }

        ProxyServer[]? http = Server(values, "http", "http", faults);
        ProxySettings settings = new()
        {
            Http = http,
            Https = Server(values, "https", "http", faults)
                ?? (Text(values, "/use-same-proxy", "true") == "true" ? http : null),
            All = Server(values, "socks", "socks5", faults),
            NoProxy = direct,
            Origin = "the desktop",
        };
        return settings.SaysWhere ? settings : null;
    }

    private static ProxyServer[]? Server(
        Dictionary<string, string> values, string schema, string scheme, List<string> faults)
    {
        string host = Text(values, $"{schema}/host");
        string port = Text(values, $"{schema}/port", "0");
        if (host.Length == 0 || port == "0")
        {
            return null;
        }

        string credentials = Text(values, $"{schema}/use-authentication", "false") == "true"
            ? Uri.EscapeDataString(Text(values, $"{schema}/authentication-user")) + ":"
                + Uri.EscapeDataString(Text(values, $"{schema}/authentication-password")) + "@"
            : "";
        string bracketed = host.Contains(':', StringComparison.Ordinal) && host[0] != '['
            ? $"[{host}]" : host;
        if (ProxyServer.TryParse(
            $"{scheme}://{credentials}{bracketed}:{port}", out ProxyServer server,
            out string fault))
        {
            return [server];
        }

        faults.Add($"has a proxy {bracketed}:{port} that {fault}");
        return null;
    }

    private static string Text(
        Dictionary<string, string> values, string key, string otherwise = "")
    {
        string value = values.GetValueOrDefault(key, otherwise);
        return value.Length > 0 && value[0] is '\'' or '"' ? Strings(value).FirstOrDefault("")
            : value[(value.LastIndexOf(' ') + 1)..];
    }

    /// <summary>The quoted strings in a value: 'a', ["b", 'c'].</summary>
    private static List<string> Strings(string value)
    {
        List<string> found = [];
        int i = 0;
        while (i < value.Length)
        {
            char quote = value[i++];
            if (quote is not ('\'' or '"'))
            {
                continue;
            }

            System.Text.StringBuilder text = new();
            while (i < value.Length && value[i] != quote)
            {
                text.Append(value[i] == '\\' && i + 1 < value.Length
                    ? Unescape(value, ref i) : value[i]);
                i++;
            }

            i++;
            found.Add(text.ToString());
        }

        return found;
    }

    private static char Unescape(string value, ref int i)
    {
        char escaped = value[++i];
        if (escaped == 'u' && i + 4 < value.Length
            && int.TryParse(
                value.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture,
                out int code))
        {
            i += 4;
            return (char)code;
        }

        return escaped switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            _ => escaped,
        };
    }
}
