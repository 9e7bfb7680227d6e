namespace Slipway.Engine.Tests;

/// <summary>Where what is said does not matter.</summary>
internal sealed class QuietLog : IEngineLog
{
    public bool IsEnabled(LogLevel level) => false;

    public void Write(LogLevel level, string message)
    {
        // Of published ports.
    }
}
