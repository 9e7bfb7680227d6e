using System.Runtime.CompilerServices;

namespace Slipway.Abi;

/// <summary>What a check has to say; made only where it fails: frames are checked too.</summary>
[InterpolatedStringHandler]
internal ref struct CheckMessage
{
    private DefaultInterpolatedStringHandler _text;

    public CheckMessage(
        int literalLength, int formattedCount, bool isTrue, out bool isWanted)
    {
        isWanted = !isTrue;
        _text = isTrue ? default : new(literalLength, formattedCount);
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string format) => _text.AppendFormatted(value, format);

    public string Take() => _text.ToStringAndClear();
}
