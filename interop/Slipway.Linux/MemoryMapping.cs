using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// mmap(2) of files that another process shares. An address is a number here; who dereferences it
/// bounds it.
/// </summary>
public static unsafe partial class MemoryMapping
{
    private const int PROT_READ = 1;
    private const int PROT_WRITE = 2;
    private const int MAP_SHARED = 1;
    private const int MADV_DONTDUMP = 16;

    /// <summary>
    /// Maps the first bytes of a file, shared, to read and write; a core dump leaves them out.
    /// </summary>
    /// <returns>The address, or a negated errno.</returns>
    public static nint Map(int descriptor, ulong lengthBytes)
    {
        nint address = mmap(
            0, (nuint)lengthBytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (address == -1)
        {
            return -Marshal.GetLastPInvokeError();
        }

        _ = madvise(address, (nuint)lengthBytes, MADV_DONTDUMP);
        return address;
    }

    public static void Unmap(nint address, ulong lengthBytes) =>
        _ = munmap(address, (nuint)lengthBytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(
        nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int madvise(nint address, nuint length, int advice);
}
