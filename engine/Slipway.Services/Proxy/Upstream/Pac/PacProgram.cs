namespace Slipway.Services;

/// <summary>One text of a PAC file, and what it has said. Another text is another program.
/// </summary>
internal sealed class PacProgram(string text, IPacScript script, TimeProvider time)
{
    public string Text { get; } = text;

    public IPacScript Script { get; } = script;

    public PacCache Cache { get; } = new(time);
}
