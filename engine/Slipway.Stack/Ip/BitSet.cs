namespace Slipway.Stack;

/// <summary>A fixed number of bits, handled in ranges of which both ends belong to it.</summary>
internal sealed class BitSet(int length)
{
    private const int WordBits = 64;

    private readonly ulong[] _words = new ulong[(length + WordBits - 1) / WordBits];

    public void SetRange(int first, int last)
    {
        for (int word = first / WordBits; word <= last / WordBits; word++)
        {
            _words[word] |= Mask(word, first, last);
        }
    }

    public bool AnyIn(int first, int last)
    {
        for (int word = first / WordBits; word <= last / WordBits; word++)
        {
            if ((_words[word] & Mask(word, first, last)) != 0)
            {
                return true;
            }
        }

        return false;
    }

    public bool AllIn(int first, int last)
    {
        for (int word = first / WordBits; word <= last / WordBits; word++)
        {
            ulong mask = Mask(word, first, last);
            if ((_words[word] & mask) != mask)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Clears at least the first <paramref name="count"/> bits.</summary>
    public void ClearFirst(int count) =>
        _words.AsSpan(0, (count + WordBits - 1) / WordBits).Clear();

    // The bits of a word that lie in the range.
    private static ulong Mask(int word, int first, int last)
    {
        int from = Math.Max(first - (word * WordBits), 0);
        int to = Math.Min(last - (word * WordBits), WordBits - 1);
        return (ulong.MaxValue << from) & (ulong.MaxValue >> (WordBits - 1 - to));
    }
}
