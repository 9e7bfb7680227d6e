namespace Slipway.Services;

/// <summary>One text of a PAC file, and what it has said. Another text is another program.</summary>
internal sealed record PacProgram(string Text, PacScript Script, PacCache Cache);
