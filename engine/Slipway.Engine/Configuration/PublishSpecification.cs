using System.Globalization;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// A port of the host that leads to a guest's, in Docker's grammar:
/// [HOSTIP:]HOSTPORT:[GUESTIP:]GUESTPORT[/tcp|udp]. An IPv6 address stands in brackets.
/// </summary>
/// <param name="Host">Where the host listens; port 0 takes a free one.</param>
/// <param name="Guest">Where connections go; an unspecified address means the first guest.</param>
/// <param name="Protocol">TCP or UDP.</param>
public sealed record PublishSpecification(IpEndpoint Host, IpEndpoint Guest, IpProtocol Protocol)
{
    private const string Grammar =
        "write [HOSTIP:]HOSTPORT:[GUESTIP:]GUESTPORT[/tcp|udp], for example 8080:80 or "
            + "127.0.0.1:5353:53/udp";

    /// <summary>The option or configuration key that it came from, for messages.</summary>
    public string Key { get; init; } = "--publish";

    /// <summary>What was written, for messages.</summary>
    public string? Text { get; init; }

    /// <summary>All of it, defaults included.</summary>
    internal string Whole =>
        $"{Host}:{Guest}/{(Protocol == IpProtocol.Udp ? "udp" : "tcp")}";

    /// <summary>
    /// Parses one publication; the host's address is 127.0.0.1 unless another is named.
    /// </summary>
    /// <exception cref="ConfigurationException">It is not in the grammar.</exception>
    public static PublishSpecification Parse(string key, string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            throw new ConfigurationException(
                key, text, $"publishing to a Unix socket is not in this version; {Grammar}");
        }

        (string ports, IpProtocol protocol) = SplitProtocol(key, text);
        List<string> parts = SplitParts(ports);
        int next = 0;
        string? hostAddress = null;
        if (parts.Count == 4 || (parts.Count == 3 && IsAddress(parts[0])))
        {
            hostAddress = parts[next++];
        }

        string? guestAddress = parts.Count - next == 3 ? parts[next + 1] : null;
        if (parts.Count - next != (guestAddress is null ? 2 : 3))
        {
            throw new ConfigurationException(key, text, Grammar);
        }

        return new PublishSpecification(
            new IpEndpoint(
                hostAddress is null ? IpAddress.IPv4Loopback
                    : SettingText.ParseAddress(key, text, hostAddress),
                ParsePort(key, text, parts[next], 0)),
            new IpEndpoint(
                guestAddress is null ? IpAddress.IPv4Any
                    : SettingText.ParseAddress(key, text, guestAddress),
                ParsePort(key, text, parts[^1], 1)),
            protocol)
        {
            Key = key,
            Text = text,
        };
    }

    public override string ToString() => Text ?? Whole;

    private static bool IsAddress(string part) =>
        part.AsSpan().ContainsAny('.', ':');

    // At the colons that stand in no brackets, which are taken off.
    private static List<string> SplitParts(string ports)
    {
        List<string> parts = [];
        int start = 0;
        int depth = 0;
        for (int i = 0; i <= ports.Length; i++)
        {
            char c = i < ports.Length ? ports[i] : ':';
            depth += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (c == ':' && (depth == 0 || i == ports.Length))
            {
                string part = ports[start..i];
                bool isBracketed = part.StartsWith('[') && part.EndsWith(']');
                parts.Add(isBracketed ? part[1..^1] : part);
                start = i + 1;
            }
        }

        return parts;
    }

    private static (string Ports, IpProtocol Protocol) SplitProtocol(string key, string text)
    {
        int slash = text.LastIndexOf('/');
        if (slash < 0)
        {
            return (text, IpProtocol.Tcp);
        }

        return (text[..slash], text[(slash + 1)..].ToUpperInvariant() switch
        {
            "TCP" => IpProtocol.Tcp,
            "UDP" => IpProtocol.Udp,
            _ => throw new ConfigurationException(
                key, text,
                $"'{text[(slash + 1)..]}' is not a protocol that can be published; use tcp or "
                    + "udp"),
        });
    }

    private static ushort ParsePort(string key, string text, string port, int minimum)
    {
        if (ushort.TryParse(
            port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            && number >= minimum)
        {
            return number;
        }

        string problem = port.Contains('-', StringComparison.Ordinal)
            ? $"'{port}': ranges of ports are not in this version, publish each one"
            : $"'{port}' is not a port from {minimum} to 65535";
        throw new ConfigurationException(key, text, $"{problem}; {Grammar}");
    }
}
