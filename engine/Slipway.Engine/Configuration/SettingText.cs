using System.Globalization;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Reads the values that several settings share; each failure names the key and the value.
/// </summary>
internal static class SettingText
{
    /// <summary>RFC 1035 section 2.3.4: a name has at most 253 characters, a label 63.</summary>
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    public static int ParseInteger(
        string key, string text, int minimum, int maximum, string unit) =>
        int.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? CheckRange(key, value, minimum, maximum, unit)
            : throw OutOfRange(key, text, minimum, maximum, unit);

    public static int CheckRange(string key, int value, int minimum, int maximum, string unit) =>
        value >= minimum && value <= maximum
            ? value
            : throw OutOfRange(
                key, value.ToString(CultureInfo.InvariantCulture), minimum, maximum, unit);

    /// <param name="value">The whole value, for the message; <paramref name="text"/> is a part of
    /// it.</param>
    public static IpAddress ParseAddress(string key, string value, string text) =>
        IpAddress.TryParse(text, out IpAddress address)
            ? address
            : throw new ConfigurationException(
                key, value, $"'{text}' is not an IP address; write for example 192.168.127.10");

    public static IpAddress ParseIPv4(string key, string text) =>
        IpAddress.TryParse(text, out IpAddress address) && address.IsIPv4
            ? address
            : throw new ConfigurationException(
                key, text, "is not an IPv4 address; write for example 192.168.127.10");

    public static MacAddress ParseMac(string key, string text) =>
        MacAddress.TryParse(text, out MacAddress mac) && !mac.IsMulticast && !mac.IsZero
            ? mac
            : throw new ConfigurationException(
                key, text,
                "is not a unicast Ethernet address; write for example 52:54:00:12:34:56");

    /// <summary>A file's path, or null where none is named.</summary>
    public static string? CheckFile(string key, string? path) => path is not ""
        ? path
        : throw new ConfigurationException(
            key, "\"\"", "is empty; name a file, or leave the key out");

    /// <summary>A domain name in lower case, without its final dot.</summary>
    public static string ParseDomain(string key, string value, string name)
    {
        string trimmed = name.EndsWith('.') ? name[..^1] : name;
        if (trimmed.Length is 0 or > MaxNameLength || !AreLabels(trimmed))
        {
            throw new ConfigurationException(
                key, value,
                $"'{name}' is not a domain name: labels of 1 to 63 letters, digits, '-' and '_', "
                    + "joined by dots");
        }

        return trimmed.ToLowerInvariant();
    }

    private static ConfigurationException OutOfRange(
        string key, string text, int minimum, int maximum, string unit) =>
        new(key, text, string.Create(
            CultureInfo.InvariantCulture,
            $"must be a whole number {(unit.Length == 0 ? "" : $"of {unit} ")}from {minimum} "
            + $"to {maximum}"));

    private static bool AreLabels(string name)
    {
        foreach (string label in name.Split('.'))
        {
            if (label.Length is 0 or > MaxLabelLength || label[0] == '-' || label[^1] == '-')
            {
                return false;
            }

            foreach (char c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
