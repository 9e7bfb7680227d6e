namespace Slipway.Wire;

/// <summary>
/// What heads of HTTP/1.1 messages are made of (RFC 9110 section 5.6.2, RFC 9112 section 2),
/// strictly: what two readers could take for two different messages is none.
/// </summary>
public static class HttpSyntax
{
    /// <summary>Where a head ends, behind its empty line; 0 while it has not.</summary>
    /// <param name="bytes">All that has come.</param>
    /// <param name="known">So many of them were looked at before: a head may drip.</param>
    public static int FindHeadEnd(ReadOnlySpan<byte> bytes, int known = 0)
    {
        int start = Math.Max(known - 3, 0);
        int end = bytes[start..].IndexOf("\r\n\r\n"u8);
        return end < 0 ? 0 : start + end + 4;
    }

    /// <summary>
    /// A line that ends in LF alone, CR within one, or a zero: no head will come of it.
    /// </summary>
    /// <param name="bytes">All that has come.</param>
    /// <param name="known">So many of them were found good before.</param>
    public static bool HasBareLineEnd(ReadOnlySpan<byte> bytes, int known = 0)
    {
        for (int i = Math.Max(known - 1, 0); i < bytes.Length; i++)
        {
            bool isBare = bytes[i] == '\n' ? i == 0 || bytes[i - 1] != '\r'
                : bytes[i] == '\r' && i + 1 < bytes.Length && bytes[i + 1] != '\n';
            if (isBare || bytes[i] == 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A token: a method, or a field's name.</summary>
    public static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (char one in text)
        {
            if (!char.IsAsciiLetterOrDigit(one) && !"!#$%&'*+-.^_`|~".AsSpan().Contains(one))
            {
                return false;
            }
        }

        return text.Length > 0;
    }
}
