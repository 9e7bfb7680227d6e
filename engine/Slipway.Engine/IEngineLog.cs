namespace Slipway.Engine;

/// <summary>
/// Takes what the engine has to say; called from any thread, must not block for long.
/// </summary>
public interface IEngineLog
{
    /// <summary>False lets the caller skip making the message.</summary>
    bool IsEnabled(LogLevel level);

    void Write(LogLevel level, string message);
}
