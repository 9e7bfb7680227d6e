namespace Slipway.Control;

/// <summary>
/// Where a body ends (RFC 9112 section 6.3), for a reader that passes it on as it is.
/// </summary>
internal abstract class BodyFraming
{
    /// <summary>All of it has been taken.</summary>
    public bool IsWhole { get; protected set; }

    /// <summary>The end of the connection is the body's.</summary>
    public virtual bool EndsWithConnection => false;

    /// <summary>Takes what of these bytes belongs to the body.</summary>
    /// <param name="bytes">What has arrived; not empty.</param>
    /// <param name="content">Is given the content without its framing, where that is
    /// wanted.</param>
    /// <returns>So many, from the front.</returns>
    /// <exception cref="HttpMessageException">The framing is wrong.</exception>
    public abstract int Take(ReadOnlySpan<byte> bytes, BoundedContent? content);

    public static BodyFraming OfRequest(HttpHead head) => head.IsChunked ? new ChunkedBody()
        : new LengthBody(head.ContentLength ?? 0);

    /// <param name="head">The response's.</param>
    /// <param name="method">The request's.</param>
    public static BodyFraming OfResponse(HttpHead head, string method) =>
        method == "HEAD" || head.Status is < 200 or 204 or 304 ? new LengthBody(0)
            : head.IsChunked ? new ChunkedBody()
            : head.ContentLength is long length ? new LengthBody(length)
            : new OpenBody();
}
