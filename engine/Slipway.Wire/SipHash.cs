using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Slipway.Wire;

/// <summary>
/// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits that a guest who does not
/// know the key cannot steer. For initial sequence numbers (RFC 6528), whose values a guest sees;
/// with fewer rounds, <see cref="HashWords(ReadOnlySpan{ulong}, ulong, ulong)"/>, for tables, whose
/// values it does not.
/// </summary>
public static class SipHash
{
    /// <summary>Hashes bytes under a key of 128 bits.</summary>
    /// <param name="bytes">What is hashed.</param>
    /// <param name="key0">The key's first eight bytes, little-endian.</param>
    /// <param name="key1">The key's last eight bytes, little-endian.</param>
    public static ulong Hash(ReadOnlySpan<byte> bytes, ulong key0, ulong key1)
    {
        // The constants spell "somepseudorandomlygeneratedbytes".
        ulong v0 = key0 ^ 0x736f_6d65_7073_6575;
        ulong v1 = key1 ^ 0x646f_7261_6e64_6f6d;
        ulong v2 = key0 ^ 0x6c79_6765_6e65_7261;
        ulong v3 = key1 ^ 0x7465_6462_7974_6573;

        ulong last = (ulong)bytes.Length << 56;
        while (bytes.Length >= sizeof(ulong))
        {
            ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            Compress(word, ref v0, ref v1, ref v2, ref v3);
            bytes = bytes[sizeof(ulong)..];
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            last |= (ulong)bytes[i] << (8 * i);
        }

        Compress(last, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xff;
        for (int i = 0; i < 4; i++)
        {
            Round(ref v0, ref v1, ref v2, ref v3);
        }

        return v0 ^ v1 ^ v2 ^ v3;
    }

    /// <summary>
    /// SipHash-1-3 of words, as of their little-endian bytes: one round a word and three at the
    /// end, where SipHash-2-4 takes two and four. Rust, Ruby and CPython key their tables with it.
    /// </summary>
    /// <param name="words">What is hashed; at most 31.</param>
    /// <param name="key0">The key's first eight bytes, little-endian.</param>
    /// <param name="key1">The key's last eight bytes, little-endian.</param>
    public static ulong HashWords(ReadOnlySpan<ulong> words, ulong key0, ulong key1)
    {
        ulong v0 = key0 ^ 0x736f_6d65_7073_6575;
        ulong v1 = key1 ^ 0x646f_7261_6e64_6f6d;
        ulong v2 = key0 ^ 0x6c79_6765_6e65_7261;
        ulong v3 = key1 ^ 0x7465_6462_7974_6573;
        foreach (ulong word in words)
        {
            v3 ^= word;
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= word;
        }

        return FinishWords(words.Length, v0, v1, v2, v3);
    }

    /// <summary>The same of two words, without a loop: an IPv4 flow's key.</summary>
    public static ulong HashWords(ulong first, ulong second, ulong key0, ulong key1)
    {
        ulong v0 = key0 ^ 0x736f_6d65_7073_6575;
        ulong v1 = key1 ^ 0x646f_7261_6e64_6f6d;
        ulong v2 = key0 ^ 0x6c79_6765_6e65_7261;
        ulong v3 = key1 ^ 0x7465_6462_7974_6573;
        v3 ^= first;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= first;
        v3 ^= second;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= second;
        return FinishWords(2, v0, v1, v2, v3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong FinishWords(int count, ulong v0, ulong v1, ulong v2, ulong v3)
    {
        ulong last = (ulong)count << 59; // eight bytes a word, in the highest byte
        v3 ^= last;
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= last;
        v2 ^= 0xff;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static void Compress(
        ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v2 += v3;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v1;
        v0 += v3;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
