namespace Slipway.Links;

/// <summary>
/// gvproxy's: the guest's gvforwarder asks "POST /connect HTTP/1.1" and sends frames at once; there
/// is no answer.
/// </summary>
internal sealed class ConnectGreeting : StreamGreeting
{
    public override GreetingStep Take(ReadOnlySpan<byte> received, Span<byte> answer)
    {
        int end = received.IndexOf("\r\n\r\n"u8);
        if (received.StartsWith("POST /connect HTTP/1."u8) && end >= 0)
        {
            return new GreetingStep(end + 4, 0, IsDone: true);
        }

        ReadOnlySpan<byte> begin = "POST /connect HTTP/1."u8;
        int known = Math.Min(received.Length, begin.Length);
        if (received[..known].SequenceEqual(begin[..known]) && received.Length < MostBytes)
        {
            return GreetingStep.More;
        }

        ReadOnlySpan<byte> refusal =
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8;
        refusal.CopyTo(answer);
        return new GreetingStep(
            received.Length, refusal.Length,
            Mistake: "did not ask for POST /connect, as gvforwarder does");
    }
}
