namespace Slipway.Control;

/// <summary>Why a request failed (RFC 9457, application/problem+json).</summary>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">A sentence that says what is wrong and what to do.</param>
public sealed record Problem(string Title, int Status, string Detail);
