using System.Text.Json;
using System.Text.RegularExpressions;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Checks the configuration's "dns.records" and "dns.zones".</summary>
internal static class DnsRecordResolver
{
    public const int MaxTtlSeconds = 7 * 24 * 3600;

    /// <summary>The names of the file; those of --dns take the place of what it says.</summary>
    public static List<DnsNamedRecord> ResolveRecords(
        Dictionary<string, DnsRecordDocument>? document, IReadOnlyList<string> options)
    {
        List<DnsNamedRecord> given = [];
        foreach (string text in options)
        {
            given.Add(DnsRecordText.Parse("--dns", text));
        }

        List<DnsNamedRecord> records = [];
        foreach ((string written, DnsRecordDocument record) in document ?? [])
        {
            string key = $"dns.records.{written}";
            string name = DnsRecordText.ParseName(key, Quote(record.Value), written);
            CheckOnce(key, records.Exists(other => other.Name == name));
            if (!given.Exists(other => other.Name == name))
            {
                (List<DnsRecordContent> data, uint? ttl) = Read(key, record.Value);
                records.AddRange(data.Select(one => new DnsNamedRecord(name, one, ttl)));
            }
        }

        records.AddRange(given);
        return records;
    }

    /// <summary>One name with its records.</summary>
    /// <param name="key">Where it stands.</param>
    /// <param name="written">The name as it was written.</param>
    /// <param name="record">Its value.</param>
    public static (string Name, List<DnsRecordContent> Data, uint? TtlSeconds) ResolveOne(
        string key, string written, DnsRecordDocument record)
    {
        string name = DnsRecordText.ParseName(key, Quote(record.Value), written);
        (List<DnsRecordContent> data, uint? ttl) = Read(key, record.Value);
        return (name, data, ttl);
    }

    public static List<DnsZone> ResolveZones(Dictionary<string, DnsZoneDocument>? document)
    {
        List<DnsZone> zones = [];
        foreach ((string written, DnsZoneDocument content) in document ?? [])
        {
            string key = $"dns.zones.{written}";
            string name = SettingText.ParseDomain(key, written, written);
            List<DnsZoneRecord> records = [];
            foreach ((string label, DnsRecordDocument record) in content.Records ?? [])
            {
                string own = $"{key}.records.{label}";
                CheckRelative(own, label, name);
                CheckOnce(own, records.Exists(other => string.Equals(
                    other.Name, label, StringComparison.OrdinalIgnoreCase)));
                (List<DnsRecordContent> data, uint? ttl) = Read(own, record.Value);
                records.AddRange(data.Select(one => new DnsZoneRecord(label, null, one, ttl)));
            }

            foreach ((string pattern, DnsRecordDocument record) in content.Patterns ?? [])
            {
                string own = $"{key}.patterns.{pattern}";
                CheckPattern(own, pattern);
                (List<DnsRecordContent> data, uint? ttl) = Read(own, record.Value);
                records.AddRange(data.Select(one => new DnsZoneRecord(null, pattern, one, ttl)));
            }

            zones.Add(new DnsZone(name, records, ReadAddresses($"{key}.default", content.Default)));
        }

        return zones;
    }

    private static (List<DnsRecordContent> Data, uint? TtlSeconds) Read(
        string key, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                string text = value.GetString()!;
                IpAddress address = SettingText.ParseAddress(key, text, text);
                return ([DnsRecordContent.Address(address)], null);
            case JsonValueKind.Array:
                List<string> list = Parse(
                    key, value, ConfigurationJsonContext.Default.ListString);
                return ([.. ReadAddresses(key, list).Select(DnsRecordContent.Address)], null);
            case JsonValueKind.Object:
                return Read(
                    key, Parse(key, value, ConfigurationJsonContext.Default.DnsRecordFields));
            default:
                throw new ConfigurationException(
                    key, Quote(value),
                    "must be an address in double quotes, a list of them, or an object such as "
                        + "{ \"cname\": \"www.example\" }");
        }
    }

    private static (List<DnsRecordContent> Data, uint? TtlSeconds) Read(
        string key, DnsRecordFields fields)
    {
        List<DnsRecordContent> data =
            [.. ReadAddresses($"{key}.address", fields.Address).Select(DnsRecordContent.Address)];
        foreach ((string own, string text) in
            ConfigurationResolver.Entries($"{key}.txt", fields.Txt, "", []))
        {
            data.Add(text.Length <= ushort.MaxValue / 4 ? DnsRecordContent.Text(text)
                : throw new ConfigurationException(own, null, "has more than 16383 characters"));
        }

        for (int i = 0; i < (fields.Mx?.Count ?? 0); i++)
        {
            string own = $"{key}.mx[{i}]";
            DnsMailDocument one = fields.Mx![i] ?? throw Null(own);
            data.Add(DnsRecordContent.MailExchange(
                Word($"{own}.preference", one.Preference ?? 10),
                Target($"{own}.exchange", one.Exchange)));
        }

        for (int i = 0; i < (fields.Srv?.Count ?? 0); i++)
        {
            string own = $"{key}.srv[{i}]";
            DnsServiceDocument one = fields.Srv![i] ?? throw Null(own);
            data.Add(DnsRecordContent.Service(
                Word($"{own}.priority", one.Priority ?? 0), Word($"{own}.weight", one.Weight ?? 0),
                Word($"{own}.port", one.Port), Target($"{own}.target", one.Target)));
        }

        if (fields.Ptr is string pointer)
        {
            data.Add(DnsRecordContent.Pointer(Target($"{key}.ptr", pointer)));
        }

        if (fields.Cname is string alias)
        {
            data.Add(data.Count == 0 ? DnsRecordContent.Alias(Target($"{key}.cname", alias))
                : throw new ConfigurationException(
                    $"{key}.cname", alias,
                    "stands beside other records; a name with a CNAME has nothing else"));
        }

        uint? ttl = fields.Ttl is not int seconds ? null
            : (uint)SettingText.CheckRange($"{key}.ttl", seconds, 0, MaxTtlSeconds, "seconds");
        return data.Count > 0 ? (data, ttl)
            : throw new ConfigurationException(
                key, null, "has no record; name address, cname, txt, mx, srv or ptr");
    }

    private static List<IpAddress> ReadAddresses(string key, List<string>? texts)
    {
        List<IpAddress> addresses = [];
        foreach ((string own, string text) in
            ConfigurationResolver.Entries(key, texts, "", []))
        {
            addresses.Add(SettingText.ParseAddress(own, text, text));
        }

        return addresses;
    }

    private static T Parse<T>(
        string key, JsonElement value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return value.Deserialize(type)!;
        }
        catch (JsonException error)
        {
            throw ConfigurationMistake.Explain(value, type, key, error);
        }
    }

    // The final dot says that a name is whole; here all are.
    private static string Target(string key, string name) =>
        name == "." ? name : SettingText.ParseDomain(key, name, name);

    private static ushort Word(string key, int value) =>
        (ushort)SettingText.CheckRange(key, value, 0, ushort.MaxValue, "");

    private static void CheckOnce(string key, bool isThere)
    {
        if (isThere)
        {
            throw new ConfigurationException(key, null, "is written more than once; keep one");
        }
    }

    private static void CheckRelative(string key, string label, string zone)
    {
        if (label is not ("@" or "" or "*"))
        {
            DnsRecordText.ParseName(key, label, $"{label}.{zone}");
        }
    }

    private static void CheckPattern(string key, string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new ConfigurationException(
                key, pattern,
                $"is not a regular expression that can be used ({error.Message}); write for "
                    + "example ^db[0-9]+$, without look-around and back references", error);
        }
    }

    private static ConfigurationException Null(string key) =>
        new(key, "null", "must be an object in braces: { ... }");

    private static string Quote(JsonElement value) => ConfigurationMistake.Quote(value);
}
