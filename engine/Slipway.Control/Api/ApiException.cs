namespace Slipway.Control;

/// <summary>A request that cannot be done; the message says why and what to do.</summary>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;
}
