using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>A descriptor that tells of changes to one file or folder (inotify(7)).</summary>
internal static partial class FileWatch
{
    /// <summary>A name in the folder was removed.</summary>
    public const uint Deleted = 0x200;

    /// <summary>The file has another number of names, another name, or none.</summary>
    public const uint Gone = IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;

    private const int IN_NONBLOCK = 0x800;
    private const int IN_CLOEXEC = 0x80000;
    private const uint IN_ATTRIB = 0x4;
    private const uint IN_DELETE_SELF = 0x400;
    private const uint IN_MOVE_SELF = 0x800;

    /// <summary>Becomes readable with each change, or a negated errno.</summary>
    public static int Open(string path, uint changes)
    {
        int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
        if (descriptor < 0)
        {
            return -Marshal.GetLastPInvokeError();
        }

        if (inotify_add_watch(descriptor, path, changes) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            Files.Close(descriptor);
            return -errno;
        }

        return descriptor;
    }

    /// <summary>Takes what it has to say, so that it is readable only with the next.</summary>
    public static void TakeNews(int descriptor)
    {
        Span<byte> events = stackalloc byte[4_096];
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
