using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>Which file a path leads to, and whether it is a socket (statx(2)).</summary>
/// <param name="Device">The file system, as major and minor number.</param>
/// <param name="Inode">Its number on that file system.</param>
/// <param name="IsSocket">A Unix socket's file, and not a link to one.</param>
public readonly unsafe partial record struct FileIdentity(ulong Device, ulong Inode, bool IsSocket)
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_TYPE = 0x1;
    private const uint STATX_MODE = 0x2;
    private const uint STATX_UID = 0x8;
    private const uint STATX_INO = 0x100;

    /// <summary>sizeof(struct statx), and where in it the fields are (uapi/linux/stat.h).</summary>
    private const int StatLengthBytes = 256;
    private const int UserOffset = 20;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int DeviceOffset = 136;

    private const int S_IFMT = 0xf000;
    private const int S_IFSOCK = 0xc000;
    private const int S_IFDIR = 0x4000;
    private const int WritableByOthers = 0x12; // 0022

    /// <summary>0 or a negated errno.</summary>
    public static int OfPath(string path, out FileIdentity identity)
    {
        byte* status = stackalloc byte[StatLengthBytes];
        return Read(
            statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO, status), status,
            out identity);
    }

    /// <summary>The device as one number, as programs print st_dev (makedev(3)).</summary>
    public ulong DeviceNumber
    {
        get
        {
            ulong major = Device & uint.MaxValue;
            ulong minor = Device >> 32;
            return ((major & 0xfff) << 8) | ((major & ~0xffful) << 32)
                | (minor & 0xff) | ((minor & ~0xfful) << 12);
        }
    }

    /// <summary>What a descriptor is of; 0 or a negated errno.</summary>
    public static int OfDescriptor(int descriptor, out FileIdentity identity)
    {
        byte* status = stackalloc byte[StatLengthBytes];
        return Read(
            statx(descriptor, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, status), status,
            out identity);
    }

    /// <summary>
    /// A descriptor of something that is in no file system, such as an eventfd: a file, a pipe, a
    /// socket and a device have a type, and this has none.
    /// </summary>
    public static bool IsAnonymous(int descriptor)
    {
        byte* status = stackalloc byte[StatLengthBytes];
        return statx(descriptor, "", AT_EMPTY_PATH, STATX_TYPE, status) == 0
            && (*(ushort*)(status + ModeOffset) & S_IFMT) == 0;
    }

    /// <summary>
    /// A folder, and no link to one, that belongs to this process's user and that nobody else may
    /// write to.
    /// </summary>
    public static bool IsOwnFolder(string path)
    {
        byte* status = stackalloc byte[StatLengthBytes];
        if (statx(
            AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID, status) < 0)
        {
            return false;
        }

        int mode = *(ushort*)(status + ModeOffset);
        return (mode & S_IFMT) == S_IFDIR && (mode & WritableByOthers) == 0
            && *(uint*)(status + UserOffset) == CurrentProcess.EffectiveUserId;
    }

    /// <summary>Something that belongs to this process's user, or to root.</summary>
    public static bool IsOwnOrRoots(string path)
    {
        byte* status = stackalloc byte[StatLengthBytes];
        if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_UID, status) < 0)
        {
            return false;
        }

        uint owner = *(uint*)(status + UserOffset);
        return owner == 0 || owner == CurrentProcess.EffectiveUserId;
    }

    private static int Read(int result, byte* status, out FileIdentity identity)
    {
        if (result < 0)
        {
            identity = default;
            return -Marshal.GetLastPInvokeError();
        }

        int mode = *(ushort*)(status + ModeOffset);
        identity = new FileIdentity(
            *(ulong*)(status + DeviceOffset),
            *(ulong*)(status + InodeOffset),
            (mode & S_IFMT) == S_IFSOCK);
        return 0;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(
        int directory, string path, int flags, uint mask, byte* status);
}
