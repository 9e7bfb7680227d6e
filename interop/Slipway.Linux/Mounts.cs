using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// Mounts in the calling process's mount namespace (mount(2)). Each returns 0 or an errno.
/// </summary>
public static partial class Mounts
{
    private const ulong MS_NOSUID = 2;
    private const ulong MS_NODEV = 4;
    private const ulong MS_BIND = 4096;
    private const int MNT_DETACH = 2;
    private const ulong MS_REC = 16384;
    private const ulong MS_SLAVE = 1 << 19;

    /// <summary>
    /// Shows <paramref name="source"/>, and what is mounted below it, at <paramref name="target"/>.
    /// </summary>
    public static int Bind(string source, string target) =>
        mount(source, target, null, MS_BIND | MS_REC, null) == 0 ? 0
            : Marshal.GetLastPInvokeError();

    /// <summary>Mounts an empty file system in memory.</summary>
    public static int Memory(string target) =>
        mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0
            ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>
    /// What is mounted at a path and below it follows what it was copied from, but not the other
    /// way round (mount_namespaces(7), MS_SLAVE).
    /// </summary>
    public static int FollowOnly(string path) =>
        mount("", path, null, MS_REC | MS_SLAVE, null) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>
    /// Takes a mount and those below it away; open files keep working (MNT_DETACH).
    /// </summary>
    public static int Remove(string target) =>
        umount2(target, MNT_DETACH) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(
        string source, string target, string? type, ulong flags, string? options);
}
