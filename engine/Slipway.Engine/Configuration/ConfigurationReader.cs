using System.Text.Json;

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

        string json;
        try
        {
            json = File.ReadAllText(path);
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationException(
                "--config", path,
                $"cannot be read ({e.Message}); name a file that exists and may be read", e);
        }

        return Parse(json, commandLine, defaults);
    }

    private static EngineConfiguration Resolve(
        ConfigurationDocument document, CommandLineSettings? commandLine,
        EngineConfiguration? defaults) =>
        ConfigurationResolver.Resolve(
            document, commandLine ?? new CommandLineSettings(),
            defaults ?? new EngineConfiguration());

    private static ConfigurationDocument ParseDocument(string json)
    {
        try
        {
            ConfigurationDocument document = JsonSerializer.Deserialize(
                json, ConfigurationJsonContext.Default.ConfigurationDocument)
                ?? throw new ConfigurationException(
                    "configuration", "null", "must be an object; write {} for the defaults");
            ConfigurationValues.Check(json);
            return document;
        }
        catch (JsonException e)
        {
            throw ConfigurationMistake.Explain(json, e);
        }
    }
}
