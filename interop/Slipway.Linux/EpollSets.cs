namespace Slipway.Linux;

/// <summary>
/// The epoll descriptors of this process that others have made, such as the runtime's own.
/// </summary>
/// <remarks>
/// A socket on which the runtime has waited stays in its epoll for as long as the open file lives,
/// also when the descriptor is closed and a duplicate goes on: each edge would wake a thread for
/// nothing. There is no call that takes it out, so it is looked for.
/// </remarks>
public static class EpollSets
{
    private const string Descriptors = "/proc/self/fd";
    private const string EventPoll = "anon_inode:[eventpoll]";
    private const long RescanMs = 1_000;

    private static readonly Lock s_lock = new();
    private static int[] s_known = [];
    private static long s_scannedAt = -RescanMs;

    /// <summary>
    /// Takes a descriptor out of all epolls of the process; before it is closed, and by the number
    /// that it was put in with.
    /// </summary>
    public static void Leave(int descriptor)
    {
        lock (s_lock)
        {
            if (!TryLeave(descriptor) && Environment.TickCount64 - s_scannedAt >= RescanMs)
            {
                s_scannedAt = Environment.TickCount64;
                s_known = Scan();
                _ = TryLeave(descriptor);
            }
        }
    }

    // What is not in one, or is no epoll any more, is an error that means nothing.
    private static bool TryLeave(int descriptor)
    {
        bool isFound = false;
        foreach (int epoll in s_known)
        {
            isFound |= Epoll.Control(epoll, Epoll.Remove, descriptor, 0, 0) == 0;
        }

        return isFound;
    }

    private static int[] Scan()
    {
        List<int> found = [];
        foreach (string path in Directory.EnumerateFiles(Descriptors))
        {
            try
            {
                if (new FileInfo(path).LinkTarget == EventPoll)
                {
                    found.Add(int.Parse(
                        Path.GetFileName(path.AsSpan()),
                        System.Globalization.CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                continue; // it was closed meanwhile
            }
        }

        return [.. found];
    }
}
