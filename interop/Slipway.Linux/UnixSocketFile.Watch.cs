using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Tells when somebody removes, renames or replaces the file (inotify(7)): clients do not find the
/// socket any more then, which itself would never know.
/// </summary>
public sealed unsafe partial class UnixSocketFile
{
    private const int IN_NONBLOCK = 0x800;
    private const int IN_CLOEXEC = 0x80000;
    private const uint IN_ATTRIB = 0x4; // the number of its names has changed
    private const uint IN_MOVE_SELF = 0x800;
    private const uint IN_DELETE_SELF = 0x400;

    /// <summary>Whether its name leads to this socket still.</summary>
    public bool IsThere => FileIdentity.OfPath(_path, out FileIdentity found) == 0
        && found == _identity;

    /// <summary>
    /// A descriptor that becomes readable when the file may have gone (<see cref="IsThere"/>
    /// tells), or a negated errno. The file itself is watched, not its folder, in which much may
    /// happen.
    /// </summary>
    public int Watch()
    {
        int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (descriptor < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        if (inotify_add_watch(descriptor, _path, IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            Files.Close(descriptor);
            return -errno;
        }

        return descriptor;
    }

    /// <summary>Takes what the descriptor of <see cref="Watch"/> has to say.</summary>
    public static void TakeNews(int descriptor)
    {
        Span<byte> events = stackalloc byte[1_024];
        while (Files.Read(descriptor, events) > 0)
        {
            // Which of them it was does not matter: the file is there or it is not.
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int descriptor, string path, uint mask);
}
