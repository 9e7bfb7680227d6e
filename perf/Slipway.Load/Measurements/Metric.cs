namespace Slipway.Load.Measurements;

/// <summary>Which of a measurement's numbers is told, and how.</summary>
internal enum Metric
{
    /// <summary>Gbit/s, with the engine's processor seconds per GiB.</summary>
    Throughput,

    /// <summary>Gbit/s received, with the loss.</summary>
    Datagrams,

    /// <summary>Median and 99th percentile in microseconds.</summary>
    Latency,

    /// <summary>Connections per second.</summary>
    Rate,

    /// <summary>The engine's resident MiB.</summary>
    Memory,
}
