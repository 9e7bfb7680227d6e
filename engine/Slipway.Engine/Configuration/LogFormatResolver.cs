namespace Slipway.Engine;

/// <summary>The key "logFormat" and its option.</summary>
internal static class LogFormatResolver
{
    public static LogFormat Resolve(
        ConfigurationDocument document, CommandLineSettings commandLine)
    {
        (string key, string? text) = commandLine.LogFormat is null
            ? ("logFormat", document.LogFormat) : ("--log-format", commandLine.LogFormat);
        return text switch
        {
            null or "text" => LogFormat.Text,
            "json" => LogFormat.Json,
            _ => throw new ConfigurationException(key, text, "must be text or json"),
        };
    }
}
