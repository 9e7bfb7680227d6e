using System.Globalization;
using System.Net;

namespace Slipway.Services;

/// <summary>
/// One rule about hosts: an address, a network, or the last labels of a name; with a port, for
/// that port alone.
/// </summary>
internal sealed class HostRule
{
    private readonly byte[]? _network;
    private readonly int _prefixLength;
    private readonly string[] _labels;
    private readonly int? _port;

    private HostRule(byte[]? network, int prefixLength, string[] labels, int? port)
    {
        _network = network;
        _prefixLength = prefixLength;
        _labels = labels;
        _port = port;
    }

    /// <summary>It speaks of the last labels of names.</summary>
    public bool IsName => _network is null && _labels.Length > 0;

    /// <summary>
    /// Reads *, ADDRESS, ADDRESS/LENGTH, NAME, .NAME or *.NAME, each but the networks with :PORT
    /// where wanted, an IPv6 address then in brackets.
    /// </summary>
    public static HostRule? Parse(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            return ParseNetwork(text[..slash].Trim('[', ']'), text[(slash + 1)..]);
        }

        int? port = null;
        int colon = text.LastIndexOf(':');
        bool isBare = text.IndexOf(':', StringComparison.Ordinal) != colon && text[0] != '[';
        if (colon > 0 && !isBare && text[^1] != ']')
        {
            if (!int.TryParse(
                text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture,
                out int number) || number is < 1 or > 65_535)
            {
                return null;
            }

            port = number;
            text = text[..colon];
        }

        if (TryParseAddress(text, out byte[] address))
        {
            return new HostRule(address, address.Length * 8, [], port);
        }

        string name = Normalize(text);
        name = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name.TrimStart('.');
        string[] labels = name == "*" ? [] : name.Split('.');
        return labels.All(label => label == "*" || ProxyServer.IsHost(label))
            ? new HostRule(null, 0, labels, port) : null;
    }

    /// <summary>An IPv4 or IPv6 address in its usual form; 4 bytes where an IPv6 one maps it.
    /// </summary>
    public static bool TryParseAddress(string text, out byte[] address)
    {
        address = [];
        string bare = text is ['[', .., ']'] ? text[1..^1] : text;
        bool isLikely = bare.Contains(':', StringComparison.Ordinal)
            || (bare.Count(c => c == '.') == 3 && char.IsAsciiDigit(bare[^1]));
        if (!isLikely || !IPAddress.TryParse(bare, out IPAddress? parsed))
        {
            return false;
        }

        parsed = parsed.IsIPv4MappedToIPv6 ? parsed.MapToIPv4() : parsed;
        address = parsed.GetAddressBytes();
        return true;
    }

    /// <summary>A name in lower case without its final dot.</summary>
    public static string Normalize(string host)
    {
        string lower = host.ToLowerInvariant();
        return lower.Length > 1 && lower[^1] == '.' ? lower[..^1] : lower;
    }

    /// <param name="labels">The labels of a name; null for an address.</param>
    /// <param name="address">An address; null for a name.</param>
    /// <param name="port">The target's.</param>
    public bool Matches(string[]? labels, byte[]? address, int port)
    {
        if (_port is int own && own != port)
        {
            return false;
        }

        if (_network is not null)
        {
            return address is not null && address.Length == _network.Length && IsWithin(address);
        }

        if (_labels.Length == 0)
        {
            return true;
        }

        if (labels is null || labels.Length < _labels.Length)
        {
            return false;
        }

        for (int i = 1; i <= _labels.Length; i++)
        {
            if (_labels[^i] != "*" && _labels[^i] != labels[^i])
            {
                return false;
            }
        }

        return true;
    }

    private static HostRule? ParseNetwork(string address, string length) =>
        TryParseAddress(address, out byte[] network)
        && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
        && bits <= network.Length * 8
            ? new HostRule(network, bits, [], null) : null;

    private bool IsWithin(byte[] address)
    {
        int whole = _prefixLength / 8;
        if (!address.AsSpan(0, whole).SequenceEqual(_network.AsSpan(0, whole)))
        {
            return false;
        }

        int rest = _prefixLength % 8;
        return rest == 0 || (address[whole] ^ _network![whole]) >> (8 - rest) == 0;
    }
}
