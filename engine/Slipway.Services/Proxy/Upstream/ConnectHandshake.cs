using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Services;

/// <summary>
/// Asks an HTTP proxy for a tunnel: CONNECT, RFC 9110 section 9.3.6. Nothing of the answer's head
/// but its status matters; what comes after the head is the target's already.
/// </summary>
internal static class ConnectHandshake
{
    /// <summary>The longest answer in bytes, interim answers included.</summary>
    public const int MaxHeadBytes = 64 << 10;
    private const int FirstBufferBytes = 2 << 10;
    private const int StatusLineBytes = 12;

    /// <returns>Bytes of the target that came with the answer.</returns>
    /// <exception cref="UpstreamFailure">The proxy has not opened the tunnel.</exception>
    public static async Task<ReadOnlyMemory<byte>> PerformAsync(
        Stream stream, ProxyServer server, string host, int port, CancellationToken stop)
    {
        await stream.WriteAsync(Request(server, host, port), stop).ConfigureAwait(false);
        byte[] buffer = new byte[FirstBufferBytes];
        int length = 0;
        int head = 0;
        int line = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length >= MaxHeadBytes)
                {
                    throw Broken("its answer's head is longer than 64 KiB");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            int count = await stream.ReadAsync(buffer.AsMemory(length), stop).ConfigureAwait(false);
            if (count == 0)
            {
                throw Broken("it closed the connection before it answered");
            }

            length += count;
            while (TryReadLine(buffer.AsSpan(0, length), ref line, out bool isEmpty))
            {
                if (!isEmpty)
                {
                    continue;
                }

                int status = ReadStatus(buffer.AsSpan(head, line - head));
                head = line;
                if (status >= 200)
                {
                    Judge(status);
                    return buffer.AsMemory(head, length - head);
                }
            }

            if (!MayBeAnswer(buffer.AsSpan(head, length - head)))
            {
                throw Broken("its answer is not HTTP/1");
            }
        }
    }

    private static byte[] Request(ProxyServer server, string host, int port)
    {
        string authority = string.Create(
            CultureInfo.InvariantCulture,
            $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");
        string credentials = server.BasicAuthorization is string basic
            ? $"Proxy-Authorization: {basic}\r\n" : "";
        return Encoding.ASCII.GetBytes(
            $"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{credentials}\r\n");
    }

    private static UpstreamFailure Broken(string reason) => new(reason, 502) { IsDead = true };

    private static bool MayBeAnswer(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> expected = "HTTP/1."u8;
        int known = Math.Min(head.Length, expected.Length);
        return head[..known].SequenceEqual(expected[..known]);
    }

    /// <summary>
    /// Goes past the line that begins at <paramref name="line"/>, if all of it is there. It may end
    /// without CR (RFC 9112 section 2.2).
    /// </summary>
    private static bool TryReadLine(ReadOnlySpan<byte> bytes, ref int line, out bool isEmpty)
    {
        int end = bytes[line..].IndexOf((byte)'\n');
        isEmpty = end == 0 || (end == 1 && bytes[line] == '\r');
        line += end + 1;
        return end >= 0;
    }

    private static int ReadStatus(ReadOnlySpan<byte> head) =>
        head.Length > StatusLineBytes && MayBeAnswer(head) && head[8] == ' '
        && Utf8Parser.TryParse(head[9..StatusLineBytes], out int status, out int used)
        && used == 3 && status is >= 100 and < 600 && head[StatusLineBytes] is (byte)' '
            or (byte)'\r' or (byte)'\n'
            ? status
            : throw Broken("its answer is not HTTP/1");

    private static void Judge(int status)
    {
        if (status < 300)
        {
            return;
        }

        string code = status.ToString(CultureInfo.InvariantCulture);
        throw status switch
        {
            // tinyproxy answers a wrong password with 401.
            407 or 401 => new UpstreamFailure(
                $"it does not accept the user and password ({code}); see the proxy's URL", 502,
                SocketError.AccessDenied),
            504 => new UpstreamFailure("it had no answer in time (504)", 504, SocketError.TimedOut),
            >= 500 => new UpstreamFailure(
                $"it could not connect ({code})", 502, SocketError.HostUnreachable),
            _ => new UpstreamFailure(
                $"it refuses the connection ({code})", 502, SocketError.ConnectionRefused)
            {
                IsFinal = true,
            },
        };
    }
}
