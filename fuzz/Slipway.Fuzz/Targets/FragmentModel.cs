namespace Slipway.Fuzz.Targets;

/// <summary>
/// What a reassembly of one datagram is to do, written plainly: a piece that overlaps another drops
/// all of it, but for an exact repetition, which is passed over (RFC 5722, RFC 8200 section 4.5).
/// </summary>
internal sealed class FragmentModel(int lengthBytes)
{
    private readonly List<(int At, int Length)> _pieces = [];

    /// <summary>Datagrams that became whole.</summary>
    public int Wholes { get; private set; }

    public void Add(int at, int length)
    {
        if (at == 0 && length == lengthBytes)
        {
            Wholes++; // no fragment at all
            return;
        }

        if (_pieces.Contains((at, length)))
        {
            return;
        }

        if (_pieces.Exists(piece => at < piece.At + piece.Length && piece.At < at + length))
        {
            _pieces.Clear();
            return;
        }

        _pieces.Add((at, length));
        if (_pieces.Sum(piece => piece.Length) == lengthBytes)
        {
            Wholes++;
            _pieces.Clear();
        }
    }
}
