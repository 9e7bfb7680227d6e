namespace Slipway.Linux;

/// <summary>
/// What may be done to files below a path: LANDLOCK_ACCESS_FS_* of linux/landlock.h.
/// </summary>
[Flags]
public enum LandlockAccess : ulong
{
    None = 0,
    Execute = 1 << 0,
    WriteFile = 1 << 1,
    ReadFile = 1 << 2,
    ReadFolder = 1 << 3,
    RemoveFolder = 1 << 4,
    RemoveFile = 1 << 5,
    MakeCharacterDevice = 1 << 6,
    MakeFolder = 1 << 7,
    MakeFile = 1 << 8,
    MakeSocket = 1 << 9,
    MakeFifo = 1 << 10,
    MakeBlockDevice = 1 << 11,
    MakeSymbolicLink = 1 << 12,

    /// <summary>To link or rename from one folder to another.</summary>
    Refer = 1 << 13,
    Truncate = 1 << 14,

    /// <summary>ioctl(2) on a device that was opened under the rules.</summary>
    ControlDevice = 1 << 15,

    /// <summary>What makes sense on a file that is no folder.</summary>
    OfFiles = Execute | WriteFile | ReadFile | Truncate | ControlDevice,
}
