namespace Slipway.Engine;

/// <summary>How much a message matters.</summary>
public enum LogLevel
{
    Debug,
    Information,
    Warning,
    Error,
}
