namespace Slipway.Testing;

/// <summary>
/// Shows that something allocates nothing once it has run for a while. What costs every round shows
/// in every window; what the runtime allocates once on the thread, when it compiles a method anew
/// or resolves a type, shows in one or two. So the least of the windows counts.
/// </summary>
public static class SteadyState
{
    /// <summary>How often the rounds are run; the first time is not looked at.</summary>
    public const int Windows = 8;

    /// <summary>Runs rounds in <see cref="Windows"/> windows.</summary>
    /// <param name="rounds">Rounds in a window.</param>
    /// <param name="round">What is measured, on this thread.</param>
    /// <param name="prepare">Runs before each window, and is not measured.</param>
    /// <exception cref="ExpectationException">Each window allocated; it says how much.</exception>
    public static void AllocatesNothing(int rounds, Action round, Action? prepare = null)
    {
        long[] bytes = new long[Windows];
        for (int window = 0; window < Windows; window++)
        {
            prepare?.Invoke();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < rounds; i++)
            {
                round();
            }

            bytes[window] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        if (bytes.AsSpan(1).IndexOf(0) < 0)
        {
            throw new ExpectationException(
                $"bytes allocated in windows of {rounds} rounds: {string.Join(", ", bytes)}");
        }
    }
}
