using System.Globalization;
using System.Text;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// The head of an HTTP/1.1 message (RFC 9112 sections 2 to 6), read strictly: what two readers
/// could take for two different messages is refused.
/// </summary>
internal sealed class HttpHead
{
    /// <summary>The most that a head may have, in bytes.</summary>
    public const int MaximumBytes = 64 * 1024;

    private readonly List<(string Name, string Value)> _fields;
    private byte[]? _bytes;

    private HttpHead(string[] start, List<(string Name, string Value)> fields, byte[] bytes)
    {
        Start = start;
        _fields = fields;
        _bytes = bytes;
    }

    /// <summary>
    /// The three parts of the first line: method, target and version, or version, status, phrase.
    /// </summary>
    public IReadOnlyList<string> Start { get; }

    public bool IsResponse => Start[0].StartsWith("HTTP/", StringComparison.Ordinal);

    /// <summary>The status of a response, 100 to 999.</summary>
    public int Status => int.Parse(Start[1], NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>HTTP/1.0: the connection ends with the message.</summary>
    public bool IsOld => Start[IsResponse ? 0 : 2] == "HTTP/1.0";

    /// <summary>The length that is named, or null.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>The body comes in chunks.</summary>
    public bool IsChunked { get; private set; }

    /// <summary>Nothing follows on this connection.</summary>
    public bool IsLast => IsOld || HasWord("Connection", "close");

    /// <summary>Reads a whole head, its empty line included.</summary>
    /// <exception cref="HttpMessageException">It is not a head of HTTP/1.1.</exception>
    public static HttpHead Parse(ReadOnlySpan<byte> bytes)
    {
        if (HttpSyntax.HasBareLineEnd(bytes))
        {
            throw new HttpMessageException("a line of the head does not end in CR LF");
        }

        string[] lines = Encoding.Latin1.GetString(bytes[..^4]).Split("\r\n");
        List<(string, string)> fields = [];
        foreach (string line in lines.AsSpan(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || !HttpSyntax.IsToken(line.AsSpan(0, colon)))
            {
                throw new HttpMessageException("a field's name is no token before its colon");
            }

            fields.Add((line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        HttpHead head = new(ParseStart(lines[0]), fields, bytes.ToArray());
        head.ReadFraming();
        return head;
    }

    /// <summary>The value of a field, or null; of several the first.</summary>
    public string? Find(string name)
    {
        foreach ((string one, string value) in _fields)
        {
            if (one.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Whether a field with a list of words has one.</summary>
    public bool HasWord(string name, string word)
    {
        foreach ((string one, string value) in _fields)
        {
            if (one.Equals(name, StringComparison.OrdinalIgnoreCase) && value.Split(',').Any(
                part => part.Trim(' ', '\t').Equals(word, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes a field out.</summary>
    public void Remove(string name)
    {
        _fields.RemoveAll(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        _bytes = null;
    }

    /// <summary>Says how long a body is that has been changed.</summary>
    public void SetContentLength(int lengthBytes)
    {
        Remove("Content-Length");
        Remove("Transfer-Encoding");
        Remove("Trailer");
        _fields.Add(("Content-Length", lengthBytes.ToString(CultureInfo.InvariantCulture)));
        IsChunked = false;
        ContentLength = lengthBytes;
    }

    /// <summary>As it came, unless it was changed.</summary>
    public byte[] ToBytes()
    {
        if (_bytes is null)
        {
            StringBuilder text = new();
            text.Append(Start[0]).Append(' ').Append(Start[1]).Append(' ').Append(Start[2]);
            text.Append("\r\n");
            foreach ((string name, string value) in _fields)
            {
                text.Append(name).Append(": ").Append(value).Append("\r\n");
            }

            _bytes = Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
        }

        return _bytes;
    }

    private static string[] ParseStart(string line)
    {
        string[] words = line.Split(' ', 3);
        bool isResponse = words[0] is "HTTP/1.1" or "HTTP/1.0";
        if (isResponse && words.Length >= 2 && words[1] is { Length: 3 } status
            && status[0] != '0' && status.All(char.IsAsciiDigit))
        {
            return [words[0], words[1], words.Length == 3 ? words[2] : ""];
        }

        if (!isResponse && words.Length == 3 && words[2] is "HTTP/1.1" or "HTTP/1.0"
            && HttpSyntax.IsToken(words[0]) && words[1].Length > 0)
        {
            return words;
        }

        throw new HttpMessageException("the first line is not METHOD TARGET HTTP/1.1");
    }

    private void ReadFraming()
    {
        foreach ((string name, string value) in _fields)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                if (ContentLength is not null || !long.TryParse(
                    value, NumberStyles.None, CultureInfo.InvariantCulture, out long length))
                {
                    throw new HttpMessageException("Content-Length is not one number");
                }

                ContentLength = length;
            }
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
            {
                if (IsChunked || !value.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                {
                    throw new HttpMessageException("Transfer-Encoding is not chunked alone");
                }

                IsChunked = true;
            }
        }

        if (IsChunked && (ContentLength is not null || IsOld))
        {
            throw new HttpMessageException("Transfer-Encoding comes where it may not");
        }
    }
}
