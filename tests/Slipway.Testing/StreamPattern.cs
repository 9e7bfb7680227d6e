using System.Buffers.Binary;

namespace Slipway.Testing;

/// <summary>
/// An endless stream of bytes that is known at every position, so that megabytes are checked byte
/// by byte as they arrive and nothing is stored. Streams of different seeds differ everywhere.
/// </summary>
public readonly record struct StreamPattern(ulong Seed)
{
    /// <summary>Writes the stream's bytes from a position on.</summary>
    public void Fill(long position, Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[8];
        while (destination.Length > 0)
        {
            int skip = (int)(position & 7);
            BinaryPrimitives.WriteUInt64LittleEndian(word, Word(position >> 3));
            int length = Math.Min(8 - skip, destination.Length);
            word.Slice(skip, length).CopyTo(destination);
            destination = destination[length..];
            position += length;
        }
    }

    /// <summary>The bytes from a position on, in an array of their own.</summary>
    public byte[] Bytes(long position, int length)
    {
        byte[] bytes = new byte[length];
        Fill(position, bytes);
        return bytes;
    }

    /// <summary>Throws unless these are the stream's bytes from that position on.</summary>
    public void Verify(long position, ReadOnlySpan<byte> received)
    {
        Span<byte> expected = stackalloc byte[512];
        while (received.Length > 0)
        {
            int length = Math.Min(received.Length, expected.Length);
            Fill(position, expected[..length]);
            int common = received[..length].CommonPrefixLength(expected);
            if (common < length)
            {
                throw new ExpectationException(
                    $"stream {Seed}: byte {position + common} is {received[common]:x2}, "
                    + $"not {expected[common]:x2}");
            }

            received = received[length..];
            position += length;
        }
    }

    // SplitMix64 (Steele, Lea, Flood 2014): one multiplication chain, no visible period.
    private ulong Word(long index)
    {
        ulong z = (Seed * 0xd1b5_4a32_d192_ed03) + ((ulong)index * 0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }
}
