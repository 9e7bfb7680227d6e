namespace Slipway.Engine.Tests;

/// <summary>Where nothing is to be said.</summary>
internal sealed class SilentLog : IEngineLog
{
    public bool IsEnabled(LogLevel level) => true;

    public void Write(LogLevel level, string message) => Assert.Fail($"{level}: {message}");
}
