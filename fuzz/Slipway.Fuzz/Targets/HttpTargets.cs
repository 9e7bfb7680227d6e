using Slipway.Control;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// Messages of HTTP that are read without the web server: heads, and where bodies end.
/// </summary>
internal static class HttpTargets
{
    private const int MostContentBytes = 1 << 20;

    public static IReadOnlyList<FuzzTarget> Items { get; } =
    [
        new("http-message", Message,
            [
                .. ((string[])
                [
                    "POST /v1.47/containers/create?name=a HTTP/1.1\r\nHost: d\r\n"
                        + "Content-Length: 5\r\n\r\nhello",
                    "GET /events HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
                    "HTTP/1.1 204 No Content\r\n\r\n",
                    "POST /tunnel?ip=192.168.127.2&port=80 HTTP/1.1\r\nUpgrade: x\r\n\r\nahead",
                    "POST /connect HTTP/1.1\r\n\r\n",
                ]).Select(System.Text.Encoding.ASCII.GetBytes),
            ])
        {
            Words = ["\r\n", "\r\n\r\n", "Content-Length: ", "Transfer-Encoding: chunked", "0\r\n",
                "HTTP/1.1 ", " HTTP/1.0", "/containers/", "/json", "/v1/connect?", "%2f", ";", ":",
                "ffffffffffffffff\r\n", "Connection: close, upgrade", "\n", "\t"],
        },
    ];

    private static void Message(ReadOnlySpan<byte> input)
    {
        _ = RawRequests.Tell(input);
        int end = HttpSyntax.FindHeadEnd(input);
        if (end == 0)
        {
            return;
        }

        if (RawHead.Parse(input[..(end - 4)]) is RawHead raw)
        {
            _ = (raw.Field("Upgrade"), raw.Query("port"), raw.Path);
        }

        HttpHead head;
        try
        {
            head = HttpHead.Parse(input[..end]);
        }
        catch (HttpMessageException e)
        {
            FuzzFaultException.If(e.Message.Length == 0, "it is refused without a reason");
            return;
        }

        _ = (head.IsLast, head.HasWord("Connection", "upgrade"));
        if (!head.IsResponse)
        {
            _ = DockerCall.Of(head);
            Body(input[end..], () => BodyFraming.OfRequest(head));
        }
        else
        {
            Body(input[end..], () => BodyFraming.OfResponse(head, "GET"));
        }

        CheckRewritten(head);
    }

    // A body is the same in whatever pieces it comes.
    private static void Body(ReadOnlySpan<byte> bytes, Func<BodyFraming> make)
    {
        (int taken, bool isWhole, byte[]? content) = Take(make(), bytes, bytes.Length);
        foreach (int piece in (ReadOnlySpan<int>)[1, 3])
        {
            (int takenThen, bool isWholeThen, byte[]? contentThen) = Take(make(), bytes, piece);
            FuzzFaultException.If(
                content is null != contentThen is null || isWhole != isWholeThen
                    || (content is not null
                        && (taken != takenThen || !content.AsSpan().SequenceEqual(contentThen))),
                $"in pieces of {piece} the body is another");
        }
    }

    private static (int Taken, bool IsWhole, byte[]? Content) Take(
        BodyFraming body, ReadOnlySpan<byte> bytes, int piece)
    {
        BoundedContent content = new(MostContentBytes);
        int taken = 0;
        try
        {
            while (taken < bytes.Length && !body.IsWhole)
            {
                taken += body.Take(
                    bytes.Slice(taken, Math.Min(piece, bytes.Length - taken)), content);
            }
        }
        catch (HttpMessageException)
        {
            return (0, false, null);
        }

        return (taken, body.IsWhole, content.Span.ToArray());
    }

    // What is passed on says one length, and reads the same.
    private static void CheckRewritten(HttpHead head)
    {
        head.SetContentLength(7);
        HttpHead again = HttpHead.Parse(head.ToBytes());
        FuzzFaultException.If(
            again.ContentLength != 7 || again.IsChunked
                || !again.Start.SequenceEqual(head.Start),
            "a head that was changed reads otherwise");
    }
}
