using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Slipway.Fuzz;

/// <summary>
/// Which branches an execution took, and which any has taken: AFL's map of 64 KiB, whose bytes
/// count transitions between two branches (AFL, technical details, section 1). Counts are told
/// apart as 1, 2, 3, 4-7, 8-15, 16-31, 32-127 and more.
/// </summary>
/// <remarks>
/// SharpFuzz writes it from assemblies that it has instrumented. In others nothing is written, and
/// fuzzing goes blind.
/// </remarks>
internal sealed unsafe class CoverageMap
{
    private const int SizeBytes = 1 << 16;

    // Never freed: what is instrumented writes to it as long as there is a thread.
    private static readonly byte* s_map = (byte*)NativeMemory.AllocZeroed(SizeBytes);

    private readonly byte[] _seen = new byte[SizeBytes];

    /// <summary>Transitions that were taken so far, in any count.</summary>
    public int Edges { get; private set; }

    /// <summary>Before anything that is instrumented runs: it would write to nowhere.</summary>
    public static void Install() => Trace.SharedMem = s_map;

    public void Begin()
    {
        new Span<byte>(s_map, SizeBytes).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Adds the last execution; true when it did what none had done.</summary>
    public bool Add()
    {
        bool isNew = false;
        ulong* words = (ulong*)s_map;
        for (int i = 0; i < SizeBytes / sizeof(ulong); i++)
        {
            if (words[i] != 0)
            {
                isNew |= Add(i * sizeof(ulong));
            }
        }

        return isNew;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte Bucket(byte count) => count switch
    {
        <= 3 => (byte)(count == 0 ? 0 : 1 << (count - 1)),
        >= 128 => 128,
        >= 32 => 64,
        _ => (byte)(1 << (BitOperations.Log2(count) + 1)),
    };

    private bool Add(int at)
    {
        bool isNew = false;
        for (int i = at; i < at + sizeof(ulong); i++)
        {
            byte bucket = Bucket(s_map[i]);
            if ((bucket & ~_seen[i]) != 0)
            {
                Edges += _seen[i] == 0 ? 1 : 0;
                _seen[i] |= bucket;
                isNew = true;
            }
        }

        return isNew;
    }
}
