using System.Text.Json;

namespace Slipway.Services;

/// <summary>
/// Reads vpnkit's form of proxy settings: "http" and "https" (URL or HOST:PORT), "exclude",
/// "transparent_http_ports", "transparent_https_ports", "allow_enabled", "allow" and
/// "allow_error_msg", each of which may be absent. "all", "pac" and other keys are not vpnkit's:
/// the first two are read too, the others left alone.
/// </summary>
internal static class VpnkitProxyDocument
{
    private const int MaxPorts = 64;

    /// <exception cref="FormatException">Names the key and what is wrong with it.</exception>
    /// <exception cref="JsonException">It is not JSON, or not an object.</exception>
    public static ProxySettings Parse(string json, out IReadOnlyList<string> leftOut)
    {
        using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
        });
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException();
        }

        List<string> faults = [];
        string? exclude = Text(root, "exclude");
        IReadOnlyList<string> wrong = [];
        HostRules? direct = exclude is null ? null : HostRules.Parse(exclude, out wrong);
        AddFaults(faults, "exclude", wrong);
        ProxySettings settings = new()
        {
            Http = Server(root, "http"),
            Https = Server(root, "https"),
            All = Server(root, "all"),
            Pac = Text(root, "pac") is { Length: > 0 } pac ? pac : null,
            NoProxy = direct,
            Allow = Allowed(root, faults),
            TransparentHttpPorts = Ports(root, "transparent_http_ports"),
            TransparentHttpsPorts = Ports(root, "transparent_https_ports"),
        };
        leftOut = faults;
        return settings;
    }

    private static ProxyServer[]? Server(JsonElement root, string key)
    {
        string? text = Text(root, key);
        return string.IsNullOrWhiteSpace(text) ? null
            : ProxyServer.TryParse(text, out ProxyServer server, out string fault) ? [server]
            : throw new FormatException(
                $"has \"{key}\" {ProxyServer.WithoutCredentials(text)}, which {fault}");
    }

    private static AllowList? Allowed(JsonElement root, List<string> faults)
    {
        if (!root.TryGetProperty("allow_enabled", out JsonElement enabled)
            || enabled.ValueKind is JsonValueKind.Null or JsonValueKind.False)
        {
            return null;
        }

        if (enabled.ValueKind != JsonValueKind.True)
        {
            throw new FormatException("has \"allow_enabled\" that is neither true nor false");
        }

        List<string> items = [];
        foreach (JsonElement item in Items(root, "allow"))
        {
            items.Add(item.ValueKind == JsonValueKind.String
                ? item.GetString()!
                : throw new FormatException("has \"allow\" that is not a list of texts"));
        }

        HostRules rules = HostRules.Parse(items, out IReadOnlyList<string> wrong);
        AddFaults(faults, "allow", wrong);
        return new AllowList(rules, Text(root, "allow_error_msg"));
    }

    private static int[]? Ports(JsonElement root, string key)
    {
        if (!root.TryGetProperty(key, out JsonElement value)
            || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        List<int> ports = [];
        foreach (JsonElement item in Items(root, key))
        {
            ports.Add(item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int port)
                && port is > 0 and < 65_536 && ports.Count < MaxPorts
                ? port
                : throw new FormatException(
                    $"has \"{key}\" that is not a list of up to {MaxPorts} port numbers"));
        }

        return [.. ports];
    }

    private static IEnumerable<JsonElement> Items(JsonElement root, string key) =>
        !root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null
            ? []
            : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
            : throw new FormatException($"has \"{key}\" that is not a list in brackets");

    private static string? Text(JsonElement root, string key) =>
        !root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null
            ? null
            : value.ValueKind == JsonValueKind.String ? value.GetString()
            : throw new FormatException($"has \"{key}\" that is not a text in double quotes");

    private static void AddFaults(List<string> faults, string key, IReadOnlyList<string> wrong)
    {
        if (wrong.Count > 0)
        {
            faults.Add($"\"{key}\" has '{wrong[0]}', which is neither a name, an address nor a "
                + "network");
        }
    }
}
