namespace Slipway.Services;

/// <summary>What became of a query at once.</summary>
public enum DnsDisposition
{
    /// <summary>The response is written.</summary>
    Answered,

    /// <summary>
    /// Others must be asked: by <see cref="DnsServer.AskAsync"/>.
    /// </summary>
    Unknown,

    /// <summary>It is not a query, or too short to be answered.</summary>
    Dropped,
}
