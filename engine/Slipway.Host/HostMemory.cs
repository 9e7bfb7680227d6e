namespace Slipway.Host;

/// <summary>
/// Whether memory is left for one more flow. Where the process has a bound (a control group's,
/// DOTNET_GCHeapHardLimit) a new flow is refused shortly before it: what an allocation in the
/// middle of a turn would do instead is end the engine.
/// </summary>
internal static class HostMemory
{
    /// <summary>
    /// The share of the bound that new flows may fill; the rest is for those that are there.
    /// </summary>
    private const double Share = 0.8;

    /// <summary>Flows between two looks, which take a microsecond.</summary>
    private const int FlowsPerLook = 16;

    private static readonly long s_mostBytes =
        (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * Share);

    // Of all workers: a look more or less does not matter.
    private static int s_flows;
    private static bool s_isShort;

    /// <summary>Asked once for each new flow.</summary>
    public static bool IsShort()
    {
        if (s_isShort || ++s_flows % FlowsPerLook == 0)
        {
            s_isShort = IsShortOf(GC.GetTotalMemory(forceFullCollection: false), s_mostBytes);
        }

        return s_isShort;
    }

    // Nothing is known of a bound that is none.
    private static bool IsShortOf(long usedBytes, long mostBytes) =>
        mostBytes > 0 && usedBytes > mostBytes;
}
