namespace Slipway.Tidy.Rules;

/// <summary>Something over its limit.</summary>
/// <param name="Kind">
/// "file" (its lines), "columns" (lines that are too wide) or "function" (its lines).
/// </param>
/// <param name="Subject">The file, and for a function its name after a colon.</param>
/// <param name="Size">How much there is.</param>
/// <param name="Place">Where to look, for the reader of a failure.</param>
internal readonly record struct Oversize(string Kind, string Subject, int Size, string Place = "");
