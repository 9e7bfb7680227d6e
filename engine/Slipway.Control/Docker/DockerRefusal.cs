using System.Text;
using System.Text.Json;

namespace Slipway.Control;

/// <summary>
/// A request that is not passed on, or whose answer is not: as a Docker engine says it.
/// </summary>
/// <param name="message">For whoever typed the command.</param>
/// <param name="status">The HTTP status.</param>
internal sealed class DockerRefusal(string message, int status = 500) : Exception(message)
{
    /// <summary>The whole response, after which the connection is closed.</summary>
    public byte[] ToResponse()
    {
        string text = $$"""{"message":"{{JsonEncodedText.Encode(Message)}}"}""" + "\n";
        string phrase = status switch
        {
            400 => "Bad Request",
            413 => "Content Too Large",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        return Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(text)}\r\n"
            + $"Connection: close\r\n\r\n{text}");
    }
}
