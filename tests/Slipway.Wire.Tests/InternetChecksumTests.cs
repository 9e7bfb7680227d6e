using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CsCheck;
using Slipway.Testing;

namespace Slipway.Wire.Tests;

public class InternetChecksumTests
{
    // RFC 1071 section 3: the bytes sum up to ddf2.
    private static readonly byte[] Rfc1071Bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];

    [Fact]
    public void Compute_Rfc1071Example_IsComplementOfSum() =>
        Assert.Equal(0xddf2 ^ 0xffff, InternetChecksum.Compute(Rfc1071Bytes));

    [Fact]
    public void Compute_NoBytes_IsAllOnes() => Assert.Equal(0xffff, InternetChecksum.Compute([]));

    [Fact]
    public void Compute_OddLength_CountsAZeroBehind() =>
        Assert.Equal(
            InternetChecksum.Compute([1, 2, 3, 0]), InternetChecksum.Compute([1, 2, 3]));

    [Fact]
    public void Compute_AllOnes_IsZero()
    {
        byte[] bytes = new byte[65536];
        Array.Fill(bytes, (byte)0xff);
        Assert.Equal(0, InternetChecksum.Compute(bytes));
    }

    [Fact]
    public void Compute_AnyPathLengthAndAlignment_AgreesWithRfc()
    {
        byte[] bytes = new byte[700];
        new Random(1071).NextBytes(bytes);
        for (int start = 0; start < 33; start++)
        {
            for (int length = 0; length <= bytes.Length - 33; length += length < 300 ? 1 : 13)
            {
                AssertAllPaths(bytes.AsSpan(start, length), 0);
            }
        }
    }

    [Fact]
    public void Compute_AnyPathAndBytes_AgreesWithRfc() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.ULong).Sample((bytes, initial) =>
            AssertAllPaths(bytes, initial));

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xff)]
    [InlineData(0x80)]
    public void Compute_LongestSpanOfOneByte_AgreesWithRfc(byte value)
    {
        byte[] bytes = new byte[(1 << 20) + 1];
        Array.Fill(bytes, value);
        AssertAllPaths(bytes, ulong.MaxValue);
    }

    [Fact]
    public void Accumulate_InTwoParts_AgreesWithOne() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, 200]).Sample((bytes, words) =>
        {
            int split = Math.Min(words * 2, bytes.Length & ~1);
            ulong sum = InternetChecksum.Accumulate(bytes.AsSpan(0, split));
            sum = InternetChecksum.Accumulate(bytes.AsSpan(split), sum);
            Assert.Equal(InternetChecksum.Compute(bytes), InternetChecksum.Finish(sum));
        });

    [Fact]
    public void Compute_BytesWithTheirChecksum_IsZero() =>
        Gen.Byte.Array[1, 300].Sample(body =>
        {
            byte[] bytes = [0, 0, .. body];
            BinaryPrimitives.WriteUInt16BigEndian(bytes, InternetChecksum.Compute(bytes));
            Assert.Equal(0, InternetChecksum.Compute(bytes));
        });

    [Theory]
    [InlineData("192.168.127.2", "192.168.127.1")]
    [InlineData("255.255.255.255", "0.0.0.0")]
    [InlineData("fd5a:94ef:e40c::1", "2001:db8:1:2:3:4:5:6")]
    public void PseudoHeader_EitherFamily_AgreesWithItsBytes(string source, string destination)
    {
        IpAddress from = IpAddress.Parse(source);
        IpAddress to = IpAddress.Parse(destination);
        byte[] bytes = from.IsIPv4
            ? [.. from.ToIPAddress().GetAddressBytes(), .. to.ToIPAddress().GetAddressBytes(),
                0, 6, 0x12, 0x34]
            : [.. from.ToIPAddress().GetAddressBytes(), .. to.ToIPAddress().GetAddressBytes(),
                0, 0, 0x12, 0x34, 0, 0, 0, 6];
        Assert.Equal(
            Reference(bytes, 0),
            InternetChecksum.Finish(
                InternetChecksum.PseudoHeader(from, to, IpProtocol.Tcp, 0x1234)));
    }

    [Fact]
    public void Accumulate_ManyBytes_AllocatesNothing()
    {
        byte[] bytes = new byte[65536];
        ulong sum = 0;
        SteadyState.AllocatesNothing(50, () => sum = InternetChecksum.Accumulate(bytes, sum));
        Assert.Equal(0xffff, InternetChecksum.Finish(sum));
    }

    private static void AssertAllPaths(ReadOnlySpan<byte> bytes, ulong initial)
    {
        ushort expected = Reference(bytes, initial);
        Assert.Equal(expected, InternetChecksum.Compute(bytes, initial));
        ulong sum = InternetChecksum.AccumulateScalar(bytes, initial);
        Assert.Equal(expected, InternetChecksum.Finish(sum));
        if (Vector128.IsHardwareAccelerated)
        {
            sum = InternetChecksum.AccumulateVector128(bytes, initial);
            Assert.Equal(expected, InternetChecksum.Finish(sum));
        }

        if (Avx2.IsSupported)
        {
            sum = InternetChecksum.AccumulateAvx2(bytes, initial);
            Assert.Equal(expected, InternetChecksum.Finish(sum));
        }
    }

    // As the RFC says it: 16-bit words in network order, the carry added back, complemented.
    // The engine's sums hold words as they lie in memory, so the initial one is swapped here.
    private static ushort Reference(ReadOnlySpan<byte> bytes, ulong initial)
    {
        uint sum = 0;
        for (int i = 0; i < 4; i++)
        {
            sum = Add(sum, BinaryPrimitives.ReverseEndianness((ushort)(initial >> (16 * i))));
        }

        for (int i = 0; i < bytes.Length; i += 2)
        {
            int low = i + 1 < bytes.Length ? bytes[i + 1] : 0;
            sum = Add(sum, (uint)((bytes[i] << 8) | low));
        }

        return (ushort)~sum;

        static uint Add(uint a, uint b) => ((a + b) & 0xffff) + ((a + b) >> 16);
    }
}
