using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Slipway.Benchmarks;

/// <summary>The checksum in C, of native/checksum.c; built on first use.</summary>
internal static partial class NativeChecksum
{
    private const string Library = "slipway-checksum";

    /// <summary>Builds the library beside the program unless it is there.</summary>
    /// <exception cref="InvalidOperationException">There is no C compiler.</exception>
    public static void Build()
    {
        string folder = AppContext.BaseDirectory;
        if (File.Exists(Path.Combine(folder, $"lib{Library}.so")))
        {
            return;
        }

        using Process build = Process.Start(
            "bash", [Path.Combine(folder, "native", "build.sh"), folder]);
        build.WaitForExit();
        if (build.ExitCode != 0)
        {
            throw new InvalidOperationException("checksum.c was not built; install gcc");
        }
    }

    // These take microseconds at most and never call back, so they may hold up a collection.
    [LibraryImport(Library, EntryPoint = "checksum_plain")]
    [SuppressGCTransition]
    public static partial ushort Plain(ReadOnlySpan<byte> bytes, nuint length);

    [LibraryImport(Library, EntryPoint = "checksum_avx2")]
    [SuppressGCTransition]
    public static partial ushort Avx2(ReadOnlySpan<byte> bytes, nuint length);
}
