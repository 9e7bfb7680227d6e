using System.Globalization;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Addresses with ports as Go's programs write them.</summary>
internal static class GvproxyEndpoint
{
    /// <summary>Splits "ADDRESS:PORT"; the address may be missing, and stand in brackets.</summary>
    /// <exception cref="GvproxyException">It is no such thing.</exception>
    public static (string Address, string Port) Split(string text, int status)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            throw Wrong(status, text, "missing port in address");
        }

        string address = text[..colon];
        if (address.StartsWith('[') && address.EndsWith(']'))
        {
            address = address[1..^1];
        }
        else if (address.Contains(':', StringComparison.Ordinal))
        {
            throw Wrong(status, text, "too many colons in address");
        }

        return (address, text[(colon + 1)..]);
    }

    /// <exception cref="GvproxyException">It is no port.</exception>
    public static ushort ParsePort(string text, int status)
    {
        if (text.Length == 0 || !text.All(char.IsAsciiDigit))
        {
            throw new GvproxyException(
                status, $"strconv.ParseUint: parsing \"{text}\": invalid syntax");
        }

        return ushort.TryParse(
            text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? port : throw new GvproxyException(
                status, $"strconv.ParseUint: parsing \"{text}\": value out of range");
    }

    /// <exception cref="GvproxyException">It is no address.</exception>
    public static IpAddress ParseAddress(string text, string whole, int status) =>
        IpAddress.TryParse(text, out IpAddress address) ? address
            : throw Wrong(status, whole, $"'{text}' is not an IP address");

    private static GvproxyException Wrong(int status, string text, string why) =>
        new(status, $"address {text}: {why}");
}
