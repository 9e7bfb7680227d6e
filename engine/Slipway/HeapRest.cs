using Slipway.Linux;

namespace Slipway;

/// <summary>
/// Gives the memory of a flood back to the host when it is over. The runtime keeps what its heap
/// has once taken until it needs to collect again, which an engine at rest never does: it would
/// stay as large as the worst guest has made it.
/// </summary>
/// <remarks>
/// It wakes nobody while nothing is allocated. A dead object is finalized after each collection,
/// and starts a timer; when no further collection came for <see cref="QuietMs"/> the heap is
/// compacted and returned, if it has grown by <see cref="GrowthBytes"/> since the last time.
/// </remarks>
internal sealed class HeapRest
{
    private const int QuietMs = 10_000;

    private const long GrowthBytes = 2 << 20;

    private static readonly Timer s_timer = new(static _ => OnQuiet());

    private static int s_collections;

    // What the start and idling need: not told before there was a collection.
    private static long s_restedBytes = 6 << 20;

    private HeapRest()
    {
    }

    ~HeapRest()
    {
        if (!Environment.HasShutdownStarted)
        {
            s_timer.Change(QuietMs, Timeout.Infinite);
            Watch();
        }
    }

    /// <summary>Begins to watch for collections, for the process's life.</summary>
    public static void Watch() => _ = new HeapRest();

    private static void OnQuiet()
    {
        int collections = GC.CollectionCount(0);
        if (collections != s_collections)
        {
            s_collections = collections;
            s_timer.Change(QuietMs, Timeout.Infinite);
            return;
        }

        long committed = GC.GetGCMemoryInfo().TotalCommittedBytes;
        if (committed < s_restedBytes + GrowthBytes)
        {
            return;
        }

        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        // What a collection reads of the program is not read again soon.
        ProgramPages.GiveBack(path => path == Environment.ProcessPath);

        // Its own finalizer call finds nothing grown, and lets the process rest.
        s_restedBytes = GC.GetGCMemoryInfo().TotalCommittedBytes;
        s_collections = GC.CollectionCount(0);
    }
}
