using System.Runtime.InteropServices;

namespace Slipway.Linux;

/// <summary>
/// The kernel's randomness (getrandom(2)), without the OpenSSL that the runtime's generator loads:
/// 4 MiB of memory and 2 ms.
/// </summary>
public static unsafe partial class SystemRandom
{
    /// <summary>Up to 256 bytes, which are never fewer.</summary>
    public static void Fill(Span<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, 256);
        fixed (byte* first = bytes)
        {
            while (getrandom(first, (nuint)bytes.Length, 0) != bytes.Length)
            {
                // Interrupted before the kernel's pool was first filled.
            }
        }
    }

    [LibraryImport("libc")]
    private static partial nint getrandom(byte* bytes, nuint length, uint flags);
}
