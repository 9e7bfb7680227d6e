namespace Slipway.Engine;

/// <summary>How a program says on standard error what the engine has to say.</summary>
public enum LogFormat
{
    /// <summary>Lines for people: "slipway: warning: ...".</summary>
    Text,

    /// <summary>An object a line: time (RFC 3339), level and message.</summary>
    Json,
}
