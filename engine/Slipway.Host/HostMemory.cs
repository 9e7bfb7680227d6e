namespace Slipway.Host;

/// <summary>
/// Whether memory is left for one more flow. Where the process has a bound (a control group's,
/// DOTNET_GCHeapHardLimit) a new flow is refused shortly before it: what an allocation in the
/// middle of a turn would do instead is end the engine.
/// </summary>
internal static class HostMemory
{
    /// <summary>What new flows leave to those that are there: a fifth, and in bytes.</summary>
    private const long LeastReserveBytes = 4 << 20;
    private const int ReserveDivisor = 5;

    /// <summary>Flows between two looks, which take a microsecond.</summary>
    private const int FlowsPerLook = 16;

    private const long CollectPauseMilliseconds = 1_000;

    private static readonly long s_mostBytes =
        MostOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    // Of all workers: a look more or less does not matter.
    private static int s_flows;
    private static bool s_isShort;
    private static long s_collectAgain;

    /// <summary>Asked once for each new flow.</summary>
    public static bool IsShort()
    {
        if (s_isShort || ++s_flows % FlowsPerLook == 0)
        {
            s_isShort = GC.GetTotalMemory(forceFullCollection: false) > s_mostBytes;
            if (s_isShort)
            {
                Collect();
            }
        }

        return s_isShort;
    }

    // What has ended counts until it is collected, and where all is refused nothing else would ask
    // for that.
    private static void Collect()
    {
        long now = Environment.TickCount64;
        if (now >= s_collectAgain)
        {
            s_collectAgain = now + CollectPauseMilliseconds;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
            s_isShort = GC.GetTotalMemory(forceFullCollection: false) > s_mostBytes;
        }
    }

    private static long MostOf(long boundBytes) => boundBytes <= 0 ? long.MaxValue
        : boundBytes - Math.Max(boundBytes / ReserveDivisor, LeastReserveBytes);
}
