using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The host's side: makes sockets and has their readiness reported to their owners, edge-triggered.
/// Implemented over epoll, and by the simulator. A call that returns an error makes no socket.
/// </summary>
public interface IHostNetwork
{
    /// <summary>
    /// Starts a TCP connect; the owner is told when it ends (Writable, or Error), also when it
    /// ended at once. None or InProgress on success.
    /// </summary>
    HostError ConnectTcp(in IpEndpoint remote, IReadinessOwner owner, out IHostStream? stream);

    /// <summary>
    /// The same with a Unix stream socket of the host, which connects at once or not at all.
    /// Refused where nobody listens or nothing is there (and by a host without such sockets),
    /// Prohibited where this process may not, TimedOut where the listener's queue is full: the
    /// guest asks again.
    /// </summary>
    HostError ConnectUnix(string path, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        return HostError.Refused;
    }

    /// <summary>
    /// Makes a UDP socket bound to any address and a free port, with errors reported.
    /// </summary>
    /// <param name="ipv4">False for IPv6: a socket's remotes are all of one family.</param>
    /// <param name="owner">Told of its readiness.</param>
    /// <param name="socket">The socket, or null with an error.</param>
    HostError OpenUdp(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket);

    /// <summary>
    /// Makes a socket for ICMP echo, or for that of ICMPv6; Prohibited if ping_group_range, which
    /// is one for both, forbids it.
    /// </summary>
    /// <param name="ipv4">False for ICMPv6.</param>
    /// <param name="owner">Told of its readiness.</param>
    /// <param name="socket">The socket, or null with an error.</param>
    HostError OpenPing(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket);

    /// <summary>
    /// Whether the host has the local address still, and a route from it to the remote one. True
    /// where it cannot be found out.
    /// </summary>
    bool HasPath(IpAddress local, IpAddress remote) => true;
}
