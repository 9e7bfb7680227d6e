using System.Text;
using System.Text.Json;
using Slipway.Engine;

namespace Slipway;

/// <summary>The engine's log on standard error.</summary>
/// <param name="minimum">The least level that is said.</param>
/// <param name="format">Lines for people or for programs.</param>
internal sealed class StandardErrorLog(LogLevel minimum, LogFormat format = LogFormat.Text)
    : IAdjustableLog
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private volatile LogLevel _minimum = minimum;

    public LogLevel Minimum
    {
        get => _minimum;
        set => _minimum = value;
    }

    public bool IsEnabled(LogLevel level) => level >= _minimum;

    public void Write(LogLevel level, string message)
    {
        if (IsEnabled(level))
        {
            Say(level, message);
        }
    }

    /// <summary>Says what was asked for, at whatever level.</summary>
    public void Say(LogLevel level, string message)
    {
        if (format == LogFormat.Json)
        {
            StandardError.Write(ToJson(level, message), level);
            return;
        }

        StandardError.Say(
            level switch
            {
                LogLevel.Debug => "debug: " + message,
                LogLevel.Warning => "warning: " + message,
                LogLevel.Error => "error: " + message,
                _ => message,
            },
            level);
    }

    private static string ToJson(LogLevel level, string message)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter writer = new(line))
        {
            writer.WriteStartObject();
            writer.WriteString("time", TimeProvider.System.GetUtcNow().ToString(
                Time, System.Globalization.CultureInfo.InvariantCulture));
            writer.WriteString("level", level switch
            {
                LogLevel.Debug => "debug",
                LogLevel.Information => "information",
                LogLevel.Warning => "warning",
                _ => "error",
            });
            writer.WriteNumber("process", Environment.ProcessId);
            writer.WriteString("message", message);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(line.GetBuffer().AsSpan(0, (int)line.Length));
    }
}
