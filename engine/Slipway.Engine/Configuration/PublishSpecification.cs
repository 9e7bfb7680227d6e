using System.Globalization;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// A port of the host that leads to a guest's, in Docker's grammar:
/// [HOSTIP:]HOSTPORT:[GUESTIP:]GUESTPORT[/tcp|udp]. An IPv6 host address stands in brackets.
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
        string? hostAddress = null;
        if (ports.StartsWith('['))
        {
            int end = ports.IndexOf("]:", StringComparison.Ordinal);
            hostAddress = end < 0
                ? throw new ConfigurationException(key, text, Grammar) : ports[1..end];
            ports = ports[(end + 2)..];
        }

        string[] parts = ports.Split(':');
        int next = 0;
        if (hostAddress is null
            && (parts.Length == 4
                || (parts.Length == 3 && parts[0].Contains('.', StringComparison.Ordinal))))
        {
            hostAddress = parts[next++];
        }

        string? guestAddress = parts.Length - next == 3 ? parts[next + 1] : null;
        if (parts.Length - next != (guestAddress is null ? 2 : 3))
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
