using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// By which of the host's addresses it is that name servers are reached, and the rest of the
/// world. Containers come and go on a busy host and change none of it.
/// </summary>
internal sealed class NetworkFingerprint
{
    // Documentation's addresses (RFC 5737, RFC 3849): nothing is sent to them.
    private static readonly IPEndPoint[] s_elsewhere =
        [new(IPAddress.Parse("192.0.2.1"), 53), new(IPAddress.Parse("2001:db8::1"), 53)];

    private string _last = "";

    /// <summary>True when it is another than at the last call.</summary>
    public bool HasChanged(IEnumerable<NameServerEndpoint> servers)
    {
        IEnumerable<IPEndPoint> targets =
            servers.Select(server => server.EndPoint).Concat(s_elsewhere);
        string now = string.Join(' ', targets.Select(target => $"{target}={SourceOf(target)}"));
        bool hasChanged = now != _last;
        _last = now;
        return hasChanged;
    }

    // What connect(2) of a datagram socket chooses; no packet leaves.
    private static string SourceOf(IPEndPoint target)
    {
        try
        {
            using Socket socket = new(target.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(target);
            return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode.ToString();
        }
    }
}
