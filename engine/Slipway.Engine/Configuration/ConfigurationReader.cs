using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Services;

namespace Slipway.Engine;

/// <summary>
/// Reads a configuration: JSON with comments and trailing commas, and what the command line says
/// over it. Nothing is started and nothing but the file is touched.
/// </summary>
public static class ConfigurationReader
{
    /// <summary>Parses and checks a configuration.</summary>
    /// <param name="json">The text; "{}" takes every default.</param>
    /// <param name="commandLine">Options, which go before the configuration's keys.</param>
    /// <param name="defaults">Subnet, MTU and log level where neither speaks of them.</param>
    /// <exception cref="ConfigurationException">Names the key, the value and the
    /// remedy.</exception>
    public static EngineConfiguration Parse(
        string json, CommandLineSettings? commandLine = null,
        EngineConfiguration? defaults = null) =>
        Resolve(ParseDocument(json), commandLine, defaults);

    /// <summary>Reads a file; null takes the defaults and the command line alone.</summary>
    /// <inheritdoc cref="Parse"/>
    public static EngineConfiguration Load(
        string? path, CommandLineSettings? commandLine = null, EngineConfiguration? defaults = null)
    {
        if (path is null)
        {
            return Resolve(new ConfigurationDocument(), commandLine, defaults);
        }

        return Parse(ReadText(path), commandLine, defaults);
    }

    /// <summary>The text of a configuration's file.</summary>
    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException(
                "--config", path,
                $"cannot be read ({e.Message}); name a file that exists and may be read", e);
        }
    }

    private static EngineConfiguration Resolve(
        ConfigurationDocument document, CommandLineSettings? commandLine,
        EngineConfiguration? defaults) =>
        ConfigurationResolver.Resolve(
            document, commandLine ?? new CommandLineSettings(),
            defaults ?? new EngineConfiguration());

    /// <summary>
    /// One of "services" or "intercept" by itself: the latter if it has a destination.
    /// </summary>
    internal static ServiceSpecification ParseService(string json, ServiceResolver resolver) =>
        IsIntercept(json)
            ? resolver.Resolve("intercept", Deserialize(
                json, "intercept", ConfigurationJsonContext.Default.InterceptDocument))
            : resolver.Resolve("service", Deserialize(
                json, "service", ConfigurationJsonContext.Default.ServiceDocument));

    /// <summary>One name of "dns.records", with its value alone.</summary>
    internal static (string Name, List<DnsRecordContent> Data, uint? TtlSeconds) ParseRecord(
        string name, string json)
    {
        string key = $"dns.records.{name}";
        DnsRecordDocument document = Deserialize(
            json, key, ConfigurationJsonContext.Default.DnsRecordDocument);
        return DnsRecordResolver.ResolveOne(key, name, document);
    }

    /// <summary>What of "proxy" may change while the engine runs.</summary>
    internal static ProxySettings ParseProxy(string json) => ProxyResolver.ResolveChange(
        Deserialize(json, "proxy", ConfigurationJsonContext.Default.ProxyDocument));

    private static bool IsIntercept(string json)
    {
        try
        {
            using JsonDocument document = ConfigurationMistake.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("destination", out _);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false; // what is wrong with it is said when it is read
        }
    }

    private static ConfigurationDocument ParseDocument(string json) => Deserialize(
        json, "", ConfigurationJsonContext.Default.ConfigurationDocument);

    /// <summary>Reads JSON of any kind as strictly as a configuration.</summary>
    /// <param name="json">What is read.</param>
    /// <param name="root">What errors call it.</param>
    /// <param name="type">What it is to be.</param>
    /// <exception cref="ConfigurationException">Names the key, the value and the
    /// remedy.</exception>
    public static T Deserialize<T>(string json, string root, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return Read(json, root, type);
        }
        catch (InvalidOperationException e)
        {
            // The grammar of JSON has it, and no text (RFC 8259 section 8.2).
            throw new ConfigurationException(
                ConfigurationMistake.NameOf(root), null,
                "has half of a surrogate pair in a text (\\ud800 to \\udfff); write the "
                    + "character itself", e);
        }
    }

    private static T Read<T>(string json, string root, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            T document = JsonSerializer.Deserialize(json, type) ?? throw new ConfigurationException(
                ConfigurationMistake.NameOf(root), "null",
                root.Length == 0 ? "must be an object; write {} for the defaults"
                    : "must be an object in braces: { ... }");
            ConfigurationValues.Check(json, root, type);
            return document;
        }
        catch (JsonException e)
        {
            throw ConfigurationMistake.Explain(json, type, root, e);
        }
    }
}
