using System.Text;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The head of a CONNECT request (RFC 9110 section 9.3.6, RFC 9112 sections 2 to 5), read strictly:
/// what two readers could take for two different requests is refused.
/// </summary>
internal static class ConnectHead
{
    /// <summary>The most that a head may have, in bytes.</summary>
    public const int MaximumBytes = 64 * 1024;

    public static ReadOnlySpan<byte> Method => "CONNECT "u8;

    /// <summary>Reads a whole head; null and the target when it is good.</summary>
    public static HttpRefusal? Read(ReadOnlySpan<byte> head, out Authority target)
    {
        target = default;
        if (HttpSyntax.HasBareLineEnd(head))
        {
            return new HttpRefusal(400, "a line of the head does not end in CR LF");
        }

        string[] lines = Encoding.Latin1.GetString(head[..^4]).Split("\r\n");
        string[] words = lines[0].Split(' ');
        if (words.Length != 3 || words[2] is not ("HTTP/1.0" or "HTTP/1.1"))
        {
            return new HttpRefusal(400, "the request line is not METHOD TARGET HTTP/1.1");
        }

        if (!Authority.TryParse(words[1], out target) || target.Port == 0)
        {
            return new HttpRefusal(400, "CONNECT needs a target of the form HOST:PORT");
        }

        return ReadFields(lines.AsSpan(1), target, isHostNeeded: words[2] == "HTTP/1.1");
    }

    private static HttpRefusal? ReadFields(
        ReadOnlySpan<string> lines, Authority target, bool isHostNeeded)
    {
        int hosts = 0;
        int lengths = 0;
        bool hasEncoding = false;
        bool hasContent = false;
        foreach (string line in lines)
        {
            if (line.Length > 0 && line[0] is ' ' or '\t')
            {
                return new HttpRefusal(400, "a field is folded over two lines");
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || !HttpSyntax.IsToken(line.AsSpan(0, colon)))
            {
                return new HttpRefusal(400, "a field's name is no token before its colon");
            }

            string name = line[..colon];
            string value = line[(colon + 1)..].Trim(' ', '\t');
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                hosts++;
                if (!Authority.TryParse(value, out Authority host) || host.Host != target.Host
                    || (host.Port != 0 && host.Port != target.Port))
                {
                    return new HttpRefusal(400, "Host and the target do not agree");
                }
            }
            else if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                lengths++;
                hasContent |= value != "0";
            }
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                hasEncoding = true;
            }
        }

        return lengths > 1 ? new HttpRefusal(400, "there is more than one Content-Length")
            : hasEncoding && lengths > 0
                ? new HttpRefusal(400, "Content-Length comes with Transfer-Encoding")
            : hasEncoding || hasContent ? new HttpRefusal(400, "CONNECT has no content")
            : hosts > 1 ? new HttpRefusal(400, "there is more than one Host")
            : hosts == 0 && isHostNeeded ? new HttpRefusal(400, "there is no Host")
            : null;
    }
}
