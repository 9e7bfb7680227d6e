using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>Where the guest's Docker engine listens, and how it is reached.</summary>
public abstract class DockerGuest
{
    private const string Grammar =
        "write unix:PATH, vsock:PORT, vsock:CID:PORT, or tcp:ADDRESS:PORT with --allow-tcp";

    /// <summary>Reads unix:PATH, vsock:[CID:]PORT or tcp:ADDRESS:PORT.</summary>
    /// <param name="key">The option, for messages.</param>
    /// <param name="text">What was written.</param>
    /// <param name="allowsTcp">
    /// TCP, too: whoever is on the guests' network may then use the guest's Docker engine.
    /// </param>
    /// <param name="control">The engine's control socket: it is the way to a guest's port.</param>
    /// <exception cref="ConfigurationException">It is none of them.</exception>
    public static DockerGuest Parse(string key, string text, bool allowsTcp, string control)
    {
        string rest = text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return text switch
        {
            ['u', 'n', 'i', 'x', ':', _, ..] => new UnixDockerGuest(rest),
            ['v', 's', 'o', 'c', 'k', ':', ..] => ParseVsock(key, text, rest),
            ['t', 'c', 'p', ':', ..] when !allowsTcp => throw new ConfigurationException(
                key, text,
                "is TCP: whoever is on the guests' network could use that Docker engine, too; say "
                    + "--allow-tcp if that is meant, or name a unix: or vsock: socket"),
            ['t', 'c', 'p', ':', ..] when IPEndPoint.TryParse(rest, out IPEndPoint? end)
                && end.Port > 0 => new TcpDockerGuest(end, control),
            _ => throw new ConfigurationException(key, text, Grammar),
        };
    }

    /// <summary>A new connection.</summary>
    /// <exception cref="SocketException">Nobody answers.</exception>
    /// <exception cref="IOException">The same, of a socket that the runtime does not
    /// know.</exception>
    /// <exception cref="ControlException">The engine does not reach it.</exception>
    internal abstract ValueTask<Socket> ConnectAsync(CancellationToken stop);

    private static VsockDockerGuest ParseVsock(string key, string text, string rest)
    {
        string[] parts = rest.Split(':');
        uint context = VsockDockerGuest.FirstGuest;
        return parts.Length is 1 or 2
            && (parts.Length == 1 || TryParse(parts[0], out context))
            && TryParse(parts[^1], out uint port)
                ? new VsockDockerGuest(context, port)
                : throw new ConfigurationException(key, text, Grammar);
    }

    private static bool TryParse(string text, out uint number) => uint.TryParse(
        text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
