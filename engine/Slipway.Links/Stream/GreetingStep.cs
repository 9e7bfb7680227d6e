namespace Slipway.Links;

/// <summary>What a greeting makes of the bytes that are there.</summary>
/// <param name="TakenBytes">Used up; 0 when more must come first.</param>
/// <param name="AnswerBytes">To be sent.</param>
/// <param name="IsDone">Frames follow.</param>
/// <param name="Mistake">What the guest did wrong; it is disconnected after the answer.</param>
internal readonly record struct GreetingStep(
    int TakenBytes, int AnswerBytes, bool IsDone = false, string? Mistake = null)
{
    /// <summary>More bytes must come.</summary>
    public static GreetingStep More => default;
}
