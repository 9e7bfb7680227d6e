namespace Slipway.Engine;

/// <summary>A log whose least level may change while the engine runs; from any thread.</summary>
public interface IAdjustableLog : IEngineLog
{
    /// <summary>The least level that is said.</summary>
    LogLevel Minimum { get; set; }
}
