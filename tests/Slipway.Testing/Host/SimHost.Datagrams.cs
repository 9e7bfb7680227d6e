using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// UDP and echo: servers, paths of some hops and some MTU, and reports of errors.
/// </summary>
public sealed partial class SimHost
{
    private readonly Dictionary<IpEndpoint, SimDatagramServer> _datagramServers = [];
    private readonly Dictionary<IpEndpoint, SimDatagramSocket> _udpSockets = [];

    /// <summary>Routers between the host and everything else, nearest first.</summary>
    public IList<IpAddress> Routers { get; } = [];

    /// <summary>Largest IP packet that leaves the host, in bytes.</summary>
    public int PathMtuBytes { get; set; } = 65_535;

    /// <summary>False: ping_group_range forbids echo sockets.</summary>
    public bool AllowsPing { get; set; } = true;

    /// <summary>Addresses that answer echo requests.</summary>
    public ISet<IpAddress> Pingable { get; } = new HashSet<IpAddress> { VirtualNetwork.Far };

    /// <summary>
    /// Puts a UDP server at an endpoint; where there is none, the port is unreachable.
    /// </summary>
    public SimDatagramServer ServeUdp(IpEndpoint endpoint, SimDatagramServer? server = null) =>
        _datagramServers[endpoint] = server ?? new SimDatagramServer();

    public HostError OpenUdp(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket) =>
        Open(owner, AnyPort(ipv4), isPing: false, out socket);

    public HostError OpenPing(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket)
    {
        socket = null;
        return AllowsPing
            ? Open(owner, AnyPort(ipv4), isPing: true, out socket)
            : HostError.Prohibited;
    }

    /// <summary>A socket at an endpoint of the host's; AddressInUse if one is there.</summary>
    public HostError BindUdp(in IpEndpoint local, IReadinessOwner owner,
        out IHostDatagramSocket? socket)
    {
        socket = null;
        return IsUdpBound(local)
            ? HostError.AddressInUse : Open(owner, local, isPing: false, out socket);
    }

    /// <summary>A socket is bound there.</summary>
    public bool IsUdpBound(IpEndpoint local) =>
        _udpSockets.TryGetValue(local, out SimDatagramSocket? other) && !other.IsClosed;

    /// <summary>
    /// A datagram from anywhere arrives at a UDP socket of the host, if one is bound there.
    /// </summary>
    public bool SendToHost(IpEndpoint remote, IpEndpoint local, byte[] payload)
    {
        bool found = _udpSockets.TryGetValue(local, out SimDatagramSocket? socket)
            && !socket.IsClosed;
        return found && socket!.Arrive(remote, payload);
    }

    /// <summary>
    /// Carries a datagram beyond the host; the answer or the error arrives later.
    /// </summary>
    internal HostError Carry(SimDatagramSocket socket, in IpEndpoint remote, byte[] payload,
        DatagramOptions options)
    {
        SimIcmp icmp = SimIcmp.Of(remote.Address);
        int packetLength = payload.Length + icmp.IpHeaderBytes + (socket.IsPing ? 0 : 8);
        if (packetLength > PathMtuBytes && options.DontFragment)
        {
            socket.Report(icmp.TooLong(remote, PathMtuBytes), payload);
            return HostError.MessageTooLong;
        }

        if (options.Ttl <= Routers.Count)
        {
            socket.Report(icmp.TimeExceeded(remote, Routers[options.Ttl - 1]), payload);
            return HostError.None;
        }

        if (socket.IsPing)
        {
            Echo(socket, remote, payload);
            return HostError.None;
        }

        if (_datagramServers.TryGetValue(remote, out SimDatagramServer? server))
        {
            server.Receive(this, socket, remote, payload, options);
        }
        else
        {
            socket.Report(icmp.PortUnreachable(remote), payload);
        }

        return HostError.None;
    }

    private IpEndpoint AnyPort(bool ipv4) =>
        new(ipv4 ? IpAddress.IPv4Any : default, _nextPort++);

    private void Echo(SimDatagramSocket socket, in IpEndpoint remote, byte[] message)
    {
        if (!Pingable.Contains(remote.Address))
        {
            socket.Report(SimIcmp.Of(remote.Address).HostUnreachable(remote), message);
            return;
        }

        // The kernel sets the identifier of a ping socket to its port, and the checksum.
        IcmpPacket reply = new()
        {
            Type = SimIcmp.Of(remote.Address).EchoReply,
            RestOfHeader = ((uint)socket.LocalEndpoint.Port << 16)
                | (uint)((message[6] << 8) | message[7]),
            Body = message[8..],
        };
        socket.Arrive(new IpEndpoint(remote.Address, 0), reply.ToBytes());
    }

    private HostError Open(IReadinessOwner owner, IpEndpoint local, bool isPing,
        out IHostDatagramSocket? socket)
    {
        socket = null;
        if (OpenSockets >= SocketLimit)
        {
            return HostError.NoResources;
        }

        SimDatagramSocket made = new(this, owner, local, isPing);
        socket = made;
        if (!isPing)
        {
            _udpSockets[local] = made;
        }

        return HostError.None;
    }
}
