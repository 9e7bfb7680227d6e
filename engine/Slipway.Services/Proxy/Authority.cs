using System.Globalization;
using System.Net;

namespace Slipway.Services;

/// <summary>A host and a port as a request names them (RFC 9110 section 4.2).</summary>
/// <param name="Host">A name in lower case, or an address without brackets.</param>
/// <param name="Port">1 to 65535; 0 where none is named.</param>
public readonly record struct Authority(string Host, int Port)
{
    private const int MaximumLength = 260;

    /// <summary>Reads NAME, NAME:PORT, ADDRESS:PORT or [ADDRESS]:PORT; no user part.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Authority authority)
    {
        authority = default;
        if (text.Length is 0 or > MaximumLength)
        {
            return false;
        }

        int end = text[0] == '[' ? text.IndexOf(']') + 1 : text.IndexOf(':');
        end = end < 0 ? text.Length : end;
        ReadOnlySpan<char> host = text[..end];
        int port = 0;
        if (end < text.Length && (text[end] != ':' || !int.TryParse(
            text[(end + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
            || port is 0 or > ushort.MaxValue))
        {
            return false;
        }

        if (text[0] == '[')
        {
            if (end < 2 || host.Contains('%') || !IPAddress.TryParse(host[1..^1], out _))
            {
                return false;
            }

            authority = new Authority(host[1..^1].ToString().ToLowerInvariant(), port);
            return true;
        }

        foreach (char one in host)
        {
            if (!char.IsAsciiLetterOrDigit(one) && one is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        authority = new Authority(host.ToString().ToLowerInvariant(), port);
        return host.Length > 0;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");
}
