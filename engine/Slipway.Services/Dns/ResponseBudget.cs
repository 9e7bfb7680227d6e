using Slipway.Stack;

namespace Slipway.Services;

/// <summary>
/// What guests may be told over UDP in a second, in bytes: a guest whose address another one forges
/// is not flooded with answers, and one that asks without end does not take the engine's time from
/// the rest. Of one thread.
/// </summary>
/// <remarks>
/// A bucket for each link, by its number: a guest can have many addresses, but not many links.
/// There are so many buckets and no more; links whose numbers meet in one share it.
/// </remarks>
/// <param name="bytesPerSecond">For one guest; also what it may have at once.</param>
public sealed class ResponseBudget(int bytesPerSecond)
{
    private const int Buckets = 1_024;
    private const long NanosecondsPerSecond = 1_000_000_000;

    // When the bucket will be full; it is empty a second before that.
    private readonly Instant[] _fullAt = new Instant[Buckets];

    /// <summary>Takes a response's bytes; false when there are not so many left.</summary>
    /// <param name="link">The number of the guest's link.</param>
    public bool TrySpend(int link, int lengthBytes, Instant now)
    {
        ref Instant fullAt = ref _fullAt[(uint)link % Buckets];
        Instant from = fullAt > now ? fullAt : now;
        Duration price =
            new(lengthBytes * NanosecondsPerSecond / bytesPerSecond);
        if ((from - now).Nanoseconds + price.Nanoseconds > NanosecondsPerSecond)
        {
            return false;
        }

        fullAt = from + price;
        return true;
    }
}
