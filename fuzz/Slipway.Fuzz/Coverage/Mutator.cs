using System.Buffers.Binary;
using System.Text;

namespace Slipway.Fuzz;

/// <summary>
/// Changes inputs as AFL's havoc stage does: some steps of bits, bytes, numbers, pieces moved,
/// doubled or left out, and pieces of other inputs.
/// </summary>
internal sealed class Mutator(Random random, FuzzTarget target)
{
    private const int MostSteps = 6;

    // Where lengths and counts go wrong.
    private static readonly uint[] Numbers =
    [
        0, 1, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1_023, 1_024, 1_500, 4_096,
        32_767, 32_768, 65_535, 65_536, int.MaxValue, 0x8000_0000, uint.MaxValue,
    ];

    private readonly byte[][] _words = [.. target.Words.Select(Encoding.UTF8.GetBytes)];
    private readonly byte[] _bytes = new byte[target.MaximumBytes];
    private int _length;

    /// <summary>A changed input; valid until the next call.</summary>
    /// <param name="input">What is changed.</param>
    /// <param name="other">Another input, of which pieces are taken.</param>
    public ReadOnlySpan<byte> Mutate(byte[] input, byte[] other)
    {
        _length = Math.Min(input.Length, _bytes.Length);
        input.AsSpan(0, _length).CopyTo(_bytes);
        for (int steps = random.Next(1, MostSteps); steps > 0; steps--)
        {
            Step(other);
        }

        return _bytes.AsSpan(0, _length);
    }

    private void Step(byte[] other)
    {
        if (_length == 0)
        {
            Insert(Random(random.Next(1, 16)));
            return;
        }

        int at = random.Next(_length);
        switch (random.Next(_words.Length > 0 ? 12 : 10))
        {
            case 0:
                _bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                _bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                _bytes[at] += (byte)random.Next(-16, 17);
                break;
            case 3:
                WriteNumber(at);
                break;
            case 4:
                int removed = random.Next(1, _length - at + 1);
                _bytes.AsSpan(at + removed, _length - at - removed).CopyTo(_bytes.AsSpan(at));
                _length -= removed;
                break;
            case 5:
                Insert(_bytes.AsSpan(at, random.Next(1, Math.Min(64, _length - at) + 1)).ToArray());
                break;
            case 6:
                Insert(Random(random.Next(1, 16)));
                break;
            case 7:
                random.NextBytes(_bytes.AsSpan(at, random.Next(1, Math.Min(32, _length - at) + 1)));
                break;
            case 8:
                Overwrite(at, Piece(other));
                break;
            case 9:
                Insert(Piece(other));
                break;
            case 10:
                Insert(_words[random.Next(_words.Length)]);
                break;
            default:
                Overwrite(at, _words[random.Next(_words.Length)]);
                break;
        }
    }

    private void WriteNumber(int at)
    {
        uint number = Numbers[random.Next(Numbers.Length)];
        Span<byte> four = stackalloc byte[sizeof(uint)];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(four, number);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(four, number);
        }

        int width = 1 << random.Next(3);
        Overwrite(at, random.Next(2) == 0 ? four[^width..] : four[..width]);
    }

    private void Overwrite(int at, ReadOnlySpan<byte> piece) =>
        piece[..Math.Min(piece.Length, _length - at)].CopyTo(_bytes.AsSpan(at));

    private void Insert(ReadOnlySpan<byte> piece)
    {
        int at = random.Next(_length + 1);
        int length = Math.Min(piece.Length, _bytes.Length - _length);
        _bytes.AsSpan(at, _length - at).CopyTo(_bytes.AsSpan(at + length));
        piece[..length].CopyTo(_bytes.AsSpan(at));
        _length += length;
    }

    private byte[] Random(int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private ReadOnlySpan<byte> Piece(byte[] other)
    {
        if (other.Length == 0)
        {
            return default;
        }

        int at = random.Next(other.Length);
        return other.AsSpan(at, random.Next(1, Math.Min(128, other.Length - at) + 1));
    }
}
