namespace Slipway.Services;

/// <summary>What a process says of a script.</summary>
/// <param name="Code">Done, Failed or NoScript.</param>
/// <param name="Text">What it returned, or why it fails.</param>
internal sealed record ScriptAnswer(ResolverCode Code, string Text)
{
    public static bool TryRead(in ResolverMessage message, out ScriptAnswer? answer)
    {
        ResolverCode code = (ResolverCode)message.Code;
        bool isKnown = code is ResolverCode.Done or ResolverCode.Failed or ResolverCode.NoScript;
        answer = isKnown && message.ReadText() is string text
            ? new ScriptAnswer(code, code == ResolverCode.Failed ? Printable(text) : text) : null;
        return answer is not null;
    }

    // It goes into the log, and the script may have made it.
    private static string Printable(string text) => string.Create(
        text.Length, text, static (line, all) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(all[i]) ? ' ' : all[i];
            }
        });
}
