using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// memfd_create(2), and the seals (fcntl(2)) that promise what its file will not become.
/// </summary>
public static unsafe partial class MemoryFiles
{
    /// <summary>F_SEAL_SEAL: no seal is added any more; a file that takes none has it.</summary>
    public const int SealSeal = 1;

    /// <summary>F_SEAL_SHRINK: what is mapped stays there, so that no access is a SIGBUS.</summary>
    public const int SealShrink = 2;

    /// <summary>F_SEAL_GROW.</summary>
    public const int SealGrow = 4;

    private const uint MFD_CLOEXEC = 1;
    private const uint MFD_ALLOW_SEALING = 2;
    private const int F_ADD_SEALS = 1033;
    private const int F_GET_SEALS = 1034;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_SIZE = 0x200;

    /// <summary>sizeof(struct statx), and where in it the size is (uapi/linux/stat.h).</summary>
    private const int StatLengthBytes = 256;
    private const int SizeOffset = 40;

    /// <summary>An empty memfd that takes seals. A descriptor or a negated errno.</summary>
    public static int Create(string name) =>
        Result(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));

    /// <summary>Gives any file a length (ftruncate(2)). 0 or a negated errno.</summary>
    public static int Resize(int descriptor, long lengthBytes) =>
        Result(ftruncate(descriptor, lengthBytes));

    /// <summary>Any file's length, or a negated errno.</summary>
    public static long LengthBytes(int descriptor)
    {
        byte* status = stackalloc byte[StatLengthBytes];
        int result = Result(statx(descriptor, "", AT_EMPTY_PATH, STATX_SIZE, status));
        return result < 0 ? result : *(long*)(status + SizeOffset);
    }

    /// <summary>Writes at a place (pwrite(2)). A count or a negated errno.</summary>
    public static int WriteAt(int descriptor, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* first = bytes)
        {
            return Result((int)pwrite(descriptor, first, (nuint)bytes.Length, offset));
        }
    }

    /// <summary>0 or a negated errno.</summary>
    public static int AddSeals(int descriptor, int seals) =>
        Result(fcntl(descriptor, F_ADD_SEALS, seals));

    /// <summary>The seals, or a negated errno: EINVAL for a file that cannot have any.</summary>
    public static int Seals(int descriptor) => Result(fcntl(descriptor, F_GET_SEALS, 0));

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(int descriptor, byte* bytes, nuint length, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int descriptor, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(
        int directory, string path, int flags, uint mask, byte* status);
}
