using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Services;

namespace Slipway.Engine;

/// <summary>Turns what the JSON reader says into the key, the value and the remedy.</summary>
internal static class ConfigurationMistake
{
    private const int MaxQuotedLength = 60;

    /// <param name="json">What was read.</param>
    /// <param name="type">The type that it was read as.</param>
    /// <param name="root">The key that it stands under; empty for a whole configuration.</param>
    /// <param name="error">What the reader said.</param>
    public static ConfigurationException Explain(
        string json, JsonTypeInfo type, string root, JsonException error)
    {
        JsonElement value;
        try
        {
            using JsonDocument document = Parse(json);
            value = document.RootElement.Clone();
        }
        catch (JsonException syntax)
        {
            return Syntax(root, syntax);
        }

        return Explain(value, type, root, error);
    }

    /// <summary>JSON as the configuration has it.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    internal static JsonDocument Parse(string json) => JsonDocument.Parse(
        json, new JsonDocumentOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
        });

    private static ConfigurationException Syntax(string root, JsonException syntax)
    {
        string place = string.Create(
            CultureInfo.InvariantCulture,
            $"line {(syntax.LineNumber ?? 0) + 1}, byte {(syntax.BytePositionInLine ?? 0) + 1}");
        return new ConfigurationException(
            NameOf(root), null, $"is not JSON at {place}: check commas, quotes and braces there",
            syntax);
    }

    /// <summary>
    /// Follows the error's path through the value and the types as far as both go.
    /// </summary>
    /// <param name="value">What was read.</param>
    /// <param name="type">What it should have been.</param>
    /// <param name="key">Where it stands; empty for the whole.</param>
    public static ConfigurationException Explain(
        JsonElement value, JsonTypeInfo? type, string key, JsonException error)
    {
        foreach (string step in Steps(error.Path ?? "$"))
        {
            if (Repeated(value) is string repeated)
            {
                return Twice(key, repeated, error);
            }

            bool isIndex = value.ValueKind == JsonValueKind.Array;
            if (type is null || !TryStep(ref value, step))
            {
                break;
            }

            key = isIndex ? key + step : key.Length == 0 ? step : $"{key}.{step}";
            if (type.Kind == JsonTypeInfoKind.Object)
            {
                JsonPropertyInfo? property = Find(type, step);
                if (property is null)
                {
                    return new ConfigurationException(
                        key, Quote(value), $"there is no such key; the keys here are {Names(type)}",
                        error);
                }

                type = type.Options.GetTypeInfo(property.PropertyType);
            }
            else
            {
                type = type.ElementType is Type element
                    ? type.Options.GetTypeInfo(element) : null;
            }
        }

        return Repeated(value) is string twice
            ? Twice(key, twice, error)
            : Judge(NameOf(key), value, type, error);
    }

    internal static string NameOf(string key) => key.Length == 0 ? "configuration" : key;

    private static ConfigurationException Twice(string key, string name, JsonException error) =>
        new(
            key.Length == 0 ? name : $"{key}.{name}", null,
            "is written more than once; keep one", error);

    private static ConfigurationException Judge(
        string key, JsonElement value, JsonTypeInfo? type, JsonException error)
    {
        if (type?.Kind == JsonTypeInfoKind.Object && value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonPropertyInfo property in type.Properties)
            {
                if (property.IsRequired && !value.TryGetProperty(property.Name, out _))
                {
                    return new ConfigurationException(
                        key, Quote(value), $"lacks the key '{property.Name}'; add it", error);
                }
            }
        }

        return new ConfigurationException(key, Quote(value), $"must be {Expected(type)}", error);
    }

    private static string? Repeated(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (!seen.Add(property.Name))
            {
                return property.Name;
            }
        }

        return null;
    }

    private static bool TryStep(ref JsonElement value, string step)
    {
        // A name may look like an index, and the path does not always tell where one ends.
        if (value.ValueKind == JsonValueKind.Object)
        {
            bool isFound = value.TryGetProperty(step, out JsonElement property);
            value = isFound ? property : value;
            return isFound;
        }

        if (value.ValueKind != JsonValueKind.Array || step.Length < 3
            || !int.TryParse(
                step.AsSpan(1, step.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture,
                out int index)
            || index >= value.GetArrayLength())
        {
            return false;
        }

        value = value[index];
        return true;
    }

    private static JsonPropertyInfo? Find(JsonTypeInfo type, string name)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.Name == name)
            {
                return property;
            }
        }

        return null;
    }

    internal static string Names(JsonTypeInfo type)
    {
        List<string> names = [];
        foreach (JsonPropertyInfo property in type.Properties)
        {
            names.Add(property.Name);
        }

        return string.Join(", ", names);
    }

    internal static string Expected(JsonTypeInfo? type)
    {
        Type? kind = Nullable.GetUnderlyingType(type?.Type ?? typeof(object)) ?? type?.Type;
        return type?.Kind switch
        {
            JsonTypeInfoKind.Enumerable => "a list in brackets: [ ... ]",
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary =>
                "an object in braces: { ... }",
            _ when kind == typeof(TextOrList) =>
                "a text in double quotes, or a list of such texts: [ ... ]",
            _ when kind == typeof(int) => "a whole number without quotes",
            _ when kind == typeof(bool) => "true or false without quotes",
            _ => "a text in double quotes",
        };
    }

    /// <summary>The value's beginning; a proxy's user and password are left out of it.</summary>
    public static string Quote(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()!
            : value.GetRawText();
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        text = ProxyServer.WithoutCredentials(text);
        return text.Length <= MaxQuotedLength ? text : text[..MaxQuotedLength] + "...";
    }

    /// <summary>Splits "$.dhcp.leases[0]['odd key']" into dhcp, leases, [0], odd key.</summary>
    private static List<string> Steps(string path)
    {
        List<string> steps = [];
        int i = 1;
        while (i < path.Length)
        {
            int end;
            if (path.AsSpan(i).StartsWith("['"))
            {
                end = EndOfName(path, i + 2);
                steps.Add(path[(i + 2)..end]);
                i = end + 2;
            }
            else if (path[i] == '[')
            {
                end = path.IndexOf(']', i);
                steps.Add(path[i..(end + 1)]);
                i = end + 1;
            }
            else
            {
                end = path.AsSpan(i + 1).IndexOfAny('.', '[');
                end = end < 0 ? path.Length : i + 1 + end;
                steps.Add(path[(i + 1)..end]);
                i = end;
            }
        }

        return steps;
    }

    // The name itself may have what ends one, too.
    private static int EndOfName(string path, int start)
    {
        int end = path.IndexOf("']", start, StringComparison.Ordinal);
        while (end >= 0 && end + 2 < path.Length && path[end + 2] is not ('.' or '['))
        {
            end = path.IndexOf("']", end + 1, StringComparison.Ordinal);
        }

        return end < 0 ? path.Length : end;
    }
}
