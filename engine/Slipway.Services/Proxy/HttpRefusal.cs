using System.Text;

namespace Slipway.Services;

/// <summary>A request that is not served: the status and why, in words for the guest.</summary>
/// <param name="Status">A status of HTTP.</param>
/// <param name="Why">Holds nothing of what the guest may keep secret.</param>
public sealed record HttpRefusal(int Status, string Why)
{
    private static readonly Dictionary<int, string> s_phrases = new()
    {
        [400] = "Bad Request",
        [403] = "Forbidden",
        [408] = "Request Timeout",
        [431] = "Request Header Fields Too Large",
        [501] = "Not Implemented",
        [502] = "Bad Gateway",
        [503] = "Service Unavailable",
        [504] = "Gateway Timeout",
    };

    /// <summary>The whole response, after which the connection is closed.</summary>
    public byte[] ToResponse()
    {
        string text = $"Slipway's proxy: {Why}\n";
        return Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {Status} {s_phrases.GetValueOrDefault(Status, "Error")}\r\n"
            + "Content-Type: text/plain; charset=utf-8\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(text)}\r\n"
            + $"Connection: close\r\n\r\n{text}");
    }
}
