using System.Runtime.CompilerServices;

namespace Slipway.Links;

/// <summary>
/// The words by which the two sides of a shared ring tell each other where they are and whether
/// they wait (<see cref="SharedRingLayout"/>).
/// </summary>
internal readonly unsafe struct SharedRingControl(byte* first)
{
    /// <summary>Bytes ever written; the producer's.</summary>
    internal ref ulong Tail => ref Unsafe.AsRef<ulong>(first);

    /// <summary>Bytes ever taken; the consumer's.</summary>
    internal ref ulong Head => ref Unsafe.AsRef<ulong>(first + SharedRingLayout.HeadOffset);

    /// <summary>The consumer waits for a record.</summary>
    internal ref uint ConsumerWaits =>
        ref Unsafe.AsRef<uint>(first + SharedRingLayout.ConsumerWaitsOffset);

    /// <summary>The producer waits for room.</summary>
    internal ref uint ProducerWaits =>
        ref Unsafe.AsRef<uint>(first + SharedRingLayout.ProducerWaitsOffset);

    /// <summary>Moves a position, so that the other side sees it.</summary>
    /// <param name="position">Tail or head.</param>
    /// <param name="to">Where it is from now on.</param>
    /// <param name="waits">Whether the other side waits for that, which is taken back.</param>
    /// <returns>Whether it waited: its doorbell is to be rung.</returns>
    internal static bool Move(ref ulong position, ulong to, ref uint waits)
    {
        Volatile.Write(ref position, to);
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref waits) != 0 && Interlocked.Exchange(ref waits, 0) != 0;
    }

    /// <summary>Says that this side waits; it has to look once more after that.</summary>
    internal static void BeginWait(ref uint waits)
    {
        Volatile.Write(ref waits, 1);
        Interlocked.MemoryBarrier();
    }
}
