namespace Slipway.Links;

/// <summary>
/// What a guest and the engine say to each other before the first frame, from the engine's side.
/// </summary>
internal abstract class StreamGreeting
{
    /// <summary>No step has more, in bytes: neither what is heard nor what is answered.</summary>
    public const int MostBytes = 4_096;

    /// <summary>One step, as far as the bytes go.</summary>
    /// <param name="received">All that has come and was not taken.</param>
    /// <param name="answer">Receives the answer.</param>
    public abstract GreetingStep Take(ReadOnlySpan<byte> received, Span<byte> answer);
}
