using System.Diagnostics;

namespace Slipway.Services.Tests.Proxy;

/// <summary>Waits for a condition, long enough for any machine.</summary>
internal static class Eventually
{
    public static void IsTrue(Func<bool> condition, Func<string> explain)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60), explain());
            Thread.Sleep(20);
        }
    }
}
