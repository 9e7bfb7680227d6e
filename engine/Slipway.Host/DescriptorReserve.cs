using Slipway.Linux;

namespace Slipway.Host;

/// <summary>Descriptors that flows leave to what keeps the engine in hand.</summary>
/// <remarks>
/// The kernel gives the lowest number that is free (POSIX.1-2017 section 2.14). So a descriptor
/// with a number near the limit says that nearly all are in use, without counting any.
/// </remarks>
public static class DescriptorReserve
{
    /// <summary>
    /// The first number that is not for flows, by the process's limit now; of a small limit at
    /// most a quarter is kept.
    /// </summary>
    /// <param name="reserved">How many are kept.</param>
    public static int CeilingFor(int reserved)
    {
        ulong limit = Math.Min(CurrentProcess.DescriptorLimit.Soft, int.MaxValue);
        return limit == 0 ? int.MaxValue : (int)(limit - Math.Min((ulong)reserved, limit / 4));
    }

    /// <summary>Closes a descriptor that is not for flows.</summary>
    /// <param name="descriptor">As a system call gave it; then -EMFILE.</param>
    /// <param name="ceiling">See <see cref="CeilingFor"/>.</param>
    internal static void Apply(ref int descriptor, int ceiling)
    {
        if (descriptor >= ceiling)
        {
            Files.Close(descriptor);
            descriptor = -Errno.EMFILE;
        }
    }
}
