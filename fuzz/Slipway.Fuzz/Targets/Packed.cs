using System.Buffers.Binary;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// Several messages in one input: a u16, big-endian, before each; the last may be short.
/// </summary>
internal static class Packed
{
    private const int PrefixBytes = sizeof(ushort);

    public static byte[] Of(params IEnumerable<byte[]> messages)
    {
        List<byte> packed = [];
        Span<byte> length = stackalloc byte[PrefixBytes];
        foreach (byte[] message in messages)
        {
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)message.Length);
            packed.AddRange(length);
            packed.AddRange(message);
        }

        return [.. packed];
    }

    public static List<byte[]> Read(ReadOnlySpan<byte> input, int most)
    {
        List<byte[]> messages = [];
        while (input.Length > PrefixBytes && messages.Count < most)
        {
            int length = Math.Min(
                BinaryPrimitives.ReadUInt16BigEndian(input), input.Length - PrefixBytes);
            messages.Add(input.Slice(PrefixBytes, length).ToArray());
            input = input[(PrefixBytes + length)..];
        }

        return messages;
    }
}
