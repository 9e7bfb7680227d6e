using Slipway.Engine;

namespace Slipway;

/// <summary>The engine's log as lines on standard error.</summary>
/// <param name="minimum">The least level that is said.</param>
internal sealed class StandardErrorLog(LogLevel minimum) : IAdjustableLog
{
    private volatile LogLevel _minimum = minimum;

    public LogLevel Minimum
    {
        get => _minimum;
        set => _minimum = value;
    }

    public bool IsEnabled(LogLevel level) => level >= _minimum;

    public void Write(LogLevel level, string message)
    {
        if (!IsEnabled(level))
        {
            return;
        }

        StandardError.Say(level switch
        {
            LogLevel.Debug => "debug: " + message,
            LogLevel.Warning => "warning: " + message,
            LogLevel.Error => "error: " + message,
            _ => message,
        });
    }
}
