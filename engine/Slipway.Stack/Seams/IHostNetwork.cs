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
    /// Makes a UDP socket bound to any address and a free port, with errors reported.
    /// </summary>
    HostError OpenUdp(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket);

    /// <summary>Makes an ICMP echo socket; Prohibited if ping_group_range forbids it.</summary>
    HostError OpenPing(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket);
}
