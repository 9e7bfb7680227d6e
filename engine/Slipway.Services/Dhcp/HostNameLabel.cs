using System.Globalization;
using System.Text;

namespace Slipway.Services;

/// <summary>Makes one DNS label of what a client calls itself (RFC 1123 section 2.1).</summary>
public static class HostNameLabel
{
    /// <summary>
    /// Longest label, in characters; a suffix against conflicts shortens the rest.
    /// </summary>
    public const int MaxLength = 63;

    // Names by which programs find something that a guest must not be: the proxy configuration
    // (CERT VU#598349), a tunnel's router, itself, the engine and the host.
    private static readonly string[] s_refused = ["localhost", "wpad", "isatap", "gateway", "host"];

    /// <summary>From option 12's bytes; null when nothing of it can be a name.</summary>
    public static string? Sanitise(ReadOnlySpan<byte> sent)
    {
        Span<char> text = stackalloc char[Math.Min(sent.Length, byte.MaxValue)];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = (char)sent[i];
        }

        return Sanitise(text);
    }

    /// <summary>
    /// The first label in lower case; other characters than letters, digits and hyphens become
    /// hyphens, those at the ends go. Null when nothing remains or the name is refused.
    /// </summary>
    public static string? Sanitise(ReadOnlySpan<char> sent)
    {
        int end = sent.IndexOfAny('.', '\0');
        sent = end >= 0 ? sent[..end] : sent;
        Span<char> label = stackalloc char[MaxLength];
        int length = 0;
        foreach (char c in sent)
        {
            if (length == MaxLength)
            {
                break;
            }

            label[length++] = char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-';
        }

        ReadOnlySpan<char> trimmed = label[..length].Trim('-');
        foreach (string refused in s_refused)
        {
            if (trimmed.SequenceEqual(refused))
            {
                return null;
            }
        }

        return trimmed.IsEmpty ? null : trimmed.ToString();
    }

    /// <summary>The name with "-2", "-3", ... within <see cref="MaxLength"/>.</summary>
    public static string WithSuffix(string label, int number)
    {
        string suffix = string.Create(CultureInfo.InvariantCulture, $"-{number}");
        StringBuilder text =
            new(label, 0, Math.Min(label.Length, MaxLength - suffix.Length), MaxLength);
        return text.Append(suffix).ToString();
    }

    /// <summary>
    /// True if <paramref name="name"/> is the label, or the label with such a suffix.
    /// </summary>
    public static bool IsVariantOf(string name, string label)
    {
        int hyphen = name.LastIndexOf('-');
        return name == label
            || (hyphen > 0
                && int.TryParse(name.AsSpan(hyphen + 1), NumberStyles.None,
                    CultureInfo.InvariantCulture, out int number)
                && WithSuffix(label, number) == name);
    }
}
