namespace Slipway.Stack;

/// <summary>
/// Who keeps a MAC or an address that two claim: its holder, as long as it answers when asked. So a
/// guest cannot take over another's connections by a forged frame, and one that has moved or come
/// back has its own again after a pause.
/// </summary>
internal static class Tenure
{
    /// <summary>How long a holder that answers nothing keeps what another one claims.</summary>
    public static readonly Duration Silence = Duration.FromSeconds(10);

    /// <summary>A holder is asked at most once in so long, and has so long to answer.</summary>
    public static readonly Duration AnswerTime = Duration.FromSeconds(1);

    /// <summary>Decides on a claim.</summary>
    /// <param name="heard">When the holder was last heard.</param>
    /// <param name="asked">When it was last asked; default for never. Set when it is to be asked
    /// now.</param>
    /// <param name="now">The time of the claim.</param>
    public static Verdict Judge(Instant heard, ref Instant asked, Instant now)
    {
        if (asked != default && now - asked < AnswerTime)
        {
            return Verdict.Keep;
        }

        bool isUnanswered = asked != default && heard <= asked;
        if (isUnanswered && now - heard >= Silence)
        {
            return Verdict.Yield;
        }

        asked = now;
        return Verdict.Ask;
    }

    public enum Verdict
    {
        /// <summary>The claim is refused.</summary>
        Keep,

        /// <summary>The claim is refused, and the holder is to be asked whether it lives.</summary>
        Ask,

        /// <summary>The claimant is the holder from here on.</summary>
        Yield,
    }
}
