namespace Slipway.Control;

/// <summary>The least level that is logged: debug, information, warning or error.</summary>
public sealed class LogReport
{
    public required string Level { get; set; }
}
