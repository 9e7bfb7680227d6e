namespace Slipway.SystemTests.Harness;

/// <summary>Waits for a condition in another process, which has no other way to tell.</summary>
public static class Eventually
{
    public static void Holds(TimeSpan timeout, string what, Func<bool> condition)
    {
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
            {
                Assert.Fail($"not in {timeout.TotalSeconds} s: {what}");
            }

            Thread.Sleep(20);
        }
    }
}
