namespace Slipway.Services;

/// <summary>One text of a PAC file, and what it has said. Another text is another program.
/// </summary>
internal sealed class PacProgram(string text, TimeProvider time)
{
    public string Text { get; } = text;

    public PacScript Script { get; } = new(text, time);

    public PacCache Cache { get; } = new(time);
}
