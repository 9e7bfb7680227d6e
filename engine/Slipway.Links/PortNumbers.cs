namespace Slipway.Links;

/// <summary>Numbers for ports, each given once in the process's life.</summary>
internal static class PortNumbers
{
    private static int s_last;

    internal static int Next() => Interlocked.Increment(ref s_last);
}
