using System.Net.Sockets;
using System.Text;

namespace Slipway.Control.Tests;

/// <summary>One answer of a control socket, as it came.</summary>
internal sealed record ControlAnswer(int Status, string Head, string Body)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks on a connection of its own, and reads to its end.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="request">"GET /path".</param>
    /// <param name="body">What is sent with it.</param>
    /// <param name="fields">Further header fields, each with CR LF.</param>
    public static async Task<ControlAnswer> AskAsync(
        string path, string request, string body = "", string fields = "")
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return await AskAsync(socket, request, body, fields);
    }

    public static async Task<ControlAnswer> AskAsync(
        Socket socket, string request, string body, string fields)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        await socket.SendAsync(Encoding.UTF8.GetBytes(
            $"{request} HTTP/1.1\r\nHost: x\r\nContent-Length: {bytes.Length}\r\n{fields}"
            + $"Connection: close\r\n\r\n{body}"));
        return Parse(await ReadToEndAsync(socket));
    }

    public static ControlAnswer Parse(string text)
    {
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"no answer: '{text}'");
        string head = text[..end];
        string body = text[(end + 4)..];
        return new ControlAnswer(
            int.Parse(head.AsSpan(9, 3)), head,
            head.Contains("Transfer-Encoding: chunked", StringComparison.Ordinal)
                ? Join(body) : body);
    }

    // RFC 9112 section 7.1; of text that is ASCII.
    private static string Join(string chunks)
    {
        StringBuilder text = new();
        while (chunks.Length > 0)
        {
            int line = chunks.IndexOf("\r\n", StringComparison.Ordinal);
            int length = Convert.ToInt32(chunks[..line], 16);
            text.Append(chunks.AsSpan(line + 2, length));
            chunks = length == 0 ? "" : chunks[(line + 2 + length + 2)..];
        }

        return text.ToString();
    }

    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[65_536];
        int read;
        while ((read = await socket.ReceiveAsync(buffer).WaitAsync(s_patience)) > 0)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
