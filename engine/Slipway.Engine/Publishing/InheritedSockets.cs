using System.Globalization;

namespace Slipway.Engine;

/// <summary>
/// Sockets that the process was started with (sd_listen_fds(3)): from descriptor 3 on, each with a
/// name if the manager gave one.
/// </summary>
public static class InheritedSockets
{
    private const int First = 3;
    private const int Most = 1_024;

    private static readonly HashSet<int> s_taken = [];

    /// <summary>All of them; none where they were meant for another process.</summary>
    public static int[] Read()
    {
        bool isOwn = int.TryParse(
            Environment.GetEnvironmentVariable("LISTEN_PID"), NumberStyles.None,
            CultureInfo.InvariantCulture, out int process) && process == Environment.ProcessId;
        return isOwn && int.TryParse(
            Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None,
            CultureInfo.InvariantCulture, out int count)
            ? [.. Enumerable.Range(First, Math.Min(count, Most))] : [];
    }

    /// <summary>Gives sockets back that could not be used, for whoever asks rightly.</summary>
    internal static void Return(int[] sockets)
    {
        lock (s_taken)
        {
            s_taken.ExceptWith(sockets);
        }
    }

    /// <summary>Those of a name, or the one of a number, which nobody has taken before.</summary>
    internal static int[] Take(string name)
    {
        string[] names = Environment.GetEnvironmentVariable("LISTEN_FDNAMES")?.Split(':') ?? [];
        lock (s_taken)
        {
            int[] found = [.. Read().Where(descriptor => !s_taken.Contains(descriptor)
                && (names.ElementAtOrDefault(descriptor - First) == name
                    || descriptor.ToString(CultureInfo.InvariantCulture) == name))];
            s_taken.UnionWith(found);
            return found;
        }
    }
}
