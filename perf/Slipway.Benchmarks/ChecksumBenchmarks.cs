using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using Slipway.Wire;

namespace Slipway.Benchmarks;

/// <summary>The internet checksum: each path alone, the choice among them, and C.</summary>
public class ChecksumBenchmarks
{
    private const int Operations = 64;
    private byte[] _bytes = [];

    /// <summary>A small packet, a full one at the usual MTU, the largest segment.</summary>
    [Params(64, 1500, 65536)]
    public int LengthBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        NativeChecksum.Build();
        _bytes = new byte[LengthBytes];
        new Random(1).NextBytes(_bytes);
        ushort expected = InternetChecksum.Compute(_bytes);
        ushort c = BinaryPrimitives.ReverseEndianness(
            NativeChecksum.Avx2(_bytes, (nuint)_bytes.Length));
        ushort plain = BinaryPrimitives.ReverseEndianness(
            NativeChecksum.Plain(_bytes, (nuint)_bytes.Length));
        if (c != expected || plain != expected)
        {
            throw new InvalidOperationException($"C says {c} and {plain}, C# {expected}");
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    public ulong Compute()
    {
        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += InternetChecksum.Compute(_bytes);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong Scalar()
    {
        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += InternetChecksum.Finish(InternetChecksum.AccumulateScalar(_bytes, 0));
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong Vector128()
    {
        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += InternetChecksum.Finish(InternetChecksum.AccumulateVector128(_bytes, 0));
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong Avx2()
    {
        if (!System.Runtime.Intrinsics.X86.Avx2.IsSupported)
        {
            throw new NotSupportedException("the processor has no AVX2");
        }

        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += InternetChecksum.Finish(InternetChecksum.AccumulateAvx2(_bytes, 0));
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong CPlain()
    {
        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += NativeChecksum.Plain(_bytes, (nuint)_bytes.Length);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong CAvx2()
    {
        ulong sum = 0;
        for (int i = 0; i < Operations; i++)
        {
            sum += NativeChecksum.Avx2(_bytes, (nuint)_bytes.Length);
        }

        return sum;
    }
}
