using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Engine;

/// <summary>
/// Refuses what JSON has and no setting can be: null as one of several, and texts with a NUL, which
/// end there where the kernel reads them.
/// </summary>
internal static class ConfigurationValues
{
    /// <summary>Looks through a document that has been read, so its types are right.</summary>
    /// <param name="json">What was read.</param>
    /// <param name="root">The key that it stands under; empty for a whole configuration.</param>
    /// <param name="type">The type that it was read as.</param>
    /// <exception cref="ConfigurationException">Names the key, the value and the
    /// remedy.</exception>
    public static void Check(string json, string root, JsonTypeInfo type)
    {
        using JsonDocument document = ConfigurationMistake.Parse(json);
        Check(root, document.RootElement, type);
    }

    private static void Check(string key, JsonElement value, JsonTypeInfo? type)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when value.GetString()!.Contains('\0'):
                throw new ConfigurationException(
                    key, value.GetRawText(), "has a NUL (\\u0000) in it; leave that out");
            case JsonValueKind.Object:
                CheckProperties(key, value, type);
                break;
            case JsonValueKind.Array:
                CheckElements(key, value, type);
                break;
            default:
                break;
        }
    }

    private static void CheckProperties(string key, JsonElement value, JsonTypeInfo? type)
    {
        foreach (JsonProperty property in value.EnumerateObject())
        {
            string name = key.Length == 0 ? property.Name : $"{key}.{property.Name}";
            if (type?.Kind == JsonTypeInfoKind.Dictionary)
            {
                CheckOneOfMany(name, property.Value, type);
            }
            else if (type is not null)
            {
                Check(name, property.Value, TypeOf(type, property.Name));
            }
        }
    }

    private static void CheckElements(string key, JsonElement value, JsonTypeInfo? type)
    {
        int index = 0;
        foreach (JsonElement element in value.EnumerateArray())
        {
            CheckOneOfMany(
                string.Create(CultureInfo.InvariantCulture, $"{key}[{index++}]"), element, type);
        }
    }

    private static void CheckOneOfMany(string key, JsonElement value, JsonTypeInfo? type)
    {
        JsonTypeInfo? one = type?.ElementType is Type element
            ? type.Options.GetTypeInfo(element) : null;
        if (one?.Type == typeof(DnsRecordDocument))
        {
            return; // of several forms, which its own resolver tells apart
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            string keys = one?.Kind == JsonTypeInfoKind.Object
                ? $", with the keys {ConfigurationMistake.Names(one)}" : "";
            throw new ConfigurationException(
                key, "null",
                $"must be {ConfigurationMistake.Expected(one)}{keys}; or leave it out");
        }

        Check(key, value, one);
    }

    private static JsonTypeInfo? TypeOf(JsonTypeInfo type, string name)
    {
        foreach (JsonPropertyInfo property in type.Properties)
        {
            if (property.Name == name)
            {
                return type.Options.GetTypeInfo(property.PropertyType);
            }
        }

        return null;
    }
}
