namespace Slipway.Control;

/// <summary>A running engine that does not do what is asked; the message says why.</summary>
public sealed class ControlException(string message) : Exception(message)
{
    /// <summary>The HTTP status that it answered with; 0 when it did not answer.</summary>
    public int Status { get; init; }
}
