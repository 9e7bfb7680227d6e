using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>Where a running engine is asked and told things.</summary>
/// <param name="Path">The socket's file; null for the place where clients look first.</param>
/// <param name="IsOff">Nowhere.</param>
public sealed record ControlSpecification(string? Path, bool IsOff)
{
    private const string Unix = "unix:";
    private const string Tcp = "tcp:";
    private const string TokenOption = ",token=";

    private const string Forms =
        "write unix:PATH, tcp:127.0.0.1:PORT[,token=FILE], or off";

    /// <summary>Where clients look first.</summary>
    public static ControlSpecification Default { get; } = new(null, IsOff: false);

    /// <summary>A port of the host's loopback in the socket's place; null for none.</summary>
    public IpEndpoint? Port { get; init; }

    /// <summary>
    /// The file of the token that clients of <see cref="Port"/> have to show; null for one beside
    /// the socket where clients look first.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>Reads "unix:PATH", "tcp:ADDRESS:PORT[,token=FILE]" or "off".</summary>
    /// <exception cref="ConfigurationException">It is none of them.</exception>
    public static ControlSpecification Parse(string key, string text) => text switch
    {
        "off" => new ControlSpecification(null, IsOff: true),
        _ when text.StartsWith(Unix, StringComparison.Ordinal) && text.Length > Unix.Length =>
            new ControlSpecification(text[Unix.Length..], IsOff: false),
        _ when text.StartsWith(Tcp, StringComparison.Ordinal) =>
            ParseTcp(key, text, text[Tcp.Length..]),
        _ => throw new ConfigurationException(key, text, $"is no control socket; {Forms}"),
    };

    private static ControlSpecification ParseTcp(string key, string text, string place)
    {
        int option = place.IndexOf(TokenOption, StringComparison.Ordinal);
        string? token = option < 0 ? null : place[(option + TokenOption.Length)..];
        if (!IpEndpoint.TryParse(option < 0 ? place : place[..option], out IpEndpoint port)
            || token is "")
        {
            throw new ConfigurationException(key, text, $"is no control socket; {Forms}");
        }

        return port.Address == IpAddress.IPv4Loopback || port.Address == IpAddress.IPv6Loopback
            ? new ControlSpecification(null, IsOff: false) { Port = port, TokenFile = token }
            : throw new ConfigurationException(
                key, text,
                "is not on the loopback, and the token would cross the network in the clear; use "
                    + "127.0.0.1, and `ssh -L` from elsewhere");
    }
}
