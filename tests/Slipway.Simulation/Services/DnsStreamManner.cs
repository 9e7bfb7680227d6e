namespace Slipway.Simulation;

/// <summary>What a guest does with its connection to the DNS server.</summary>
internal enum DnsStreamManner
{
    /// <summary>Asks everything at once, and closes when it has all answers.</summary>
    Patient,

    /// <summary>Asks everything at once and closes its side; the answers come still.</summary>
    HalfClosed,

    /// <summary>Asks one thing after the other.</summary>
    OneByOne,

    /// <summary>Asks, and leaves with RST.</summary>
    Aborting,

    /// <summary>Sends the beginning of a query, and is silent from then on.</summary>
    Silent,
}
