using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host;

/// <summary>The host's side over Linux sockets and the worker's reactor.</summary>
/// <param name="reactor">Tells of the sockets' readiness.</param>
/// <param name="usePeekOffset">
/// False to read TCP as on a kernel without SO_PEEK_OFF, which is found out otherwise.
/// </param>
public sealed class HostNetwork(
    Reactor reactor, bool usePeekOffset = true) : IHostNetwork, IHostListeners
{
    /// <summary>The longest path of a Unix socket, which leaves room for its zero.</summary>
    public const int LongestUnixPathBytes = 107;

    // Flows that have ended, and whose last bytes a proxy's upstream has not taken yet.
    private readonly HashSet<HandoverStream> _lingering = [];

    /// <summary>
    /// Flows have no descriptor of this number or beyond (<see cref="DescriptorReserve"/>).
    /// </summary>
    public int DescriptorCeiling { get; set; } = int.MaxValue;

    public HostError ConnectTcp(
        in IpEndpoint remote, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        int socket = NewSocket(Family(remote.Address.IsIPv4), Sockets.Stream, 0);
        if (socket < 0)
        {
            return HostErrors.From(socket);
        }

        Span<byte> address = stackalloc byte[SocketAddress.MaximumLengthBytes];
        TcpStream tcp = new(reactor, socket, usePeekOffset) { ConnectsTo = remote };
        TcpStream.SetOptions(socket);
        int result = Sockets.Connect(socket, SocketAddress.Write(address, remote));

        // connect(2): no port is left of the range for this peer. (In IPv6 it may be the address
        // that is missing.)
        HostError error = result == -Errno.EADDRNOTAVAIL && remote.Address.IsIPv4
            ? HostError.NoResources : HostErrors.From(result);
        if (error is not (HostError.None or HostError.InProgress))
        {
            Files.Close(socket);
            return error == HostError.WouldBlock ? HostError.NoResources : error;
        }

        if (reactor.TryWatchEdges(socket, owner) != HostError.None)
        {
            Files.Close(socket);
            return HostError.NoResources;
        }

        stream = tcp;
        return error;
    }

    public HostError ConnectUnix(string path, IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        Span<byte> address = stackalloc byte[SocketAddress.MaximumUnixLengthBytes];
        if (!SocketAddress.TryWriteUnix(address, path, out int lengthBytes))
        {
            return HostError.Refused; // no socket can have such a name
        }

        int socket = NewSocket(Sockets.FamilyUnix, Sockets.Stream, 0);
        if (socket < 0)
        {
            return HostErrors.From(socket);
        }

        int result = Sockets.Connect(socket, address[..lengthBytes]);
        if (result < 0)
        {
            Files.Close(socket);
            return -result switch
            {
                // unix(7): the listener's queue is full, and nothing tells when it is not.
                Errno.EAGAIN => HostError.TimedOut,
                Errno.ENOENT or Errno.ENOTDIR => HostError.Refused,
                _ => HostErrors.From(result),
            };
        }

        if (reactor.TryWatchEdges(socket, owner) != HostError.None)
        {
            Files.Close(socket);
            return HostError.NoResources;
        }

        stream = new UnixStream(reactor, socket, owner);
        return HostError.None;
    }

    public HostError OpenUdp(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket)
    {
        IpEndpoint any = new(ipv4 ? IpAddress.IPv4Any : default, 0);
        int descriptor = -1;
        HostError error = HostMemory.IsShort() ? HostError.NoResources
            : HostSockets.Open(IpProtocol.Udp, any, out descriptor);
        socket = null;
        if (error == HostError.None && descriptor >= DescriptorCeiling)
        {
            error = HostError.NoResources;
        }

        if (error == HostError.None)
        {
            error = reactor.TryWatchEdges(descriptor, owner);
            socket = error == HostError.None
                ? new DatagramSocket(reactor, descriptor, DatagramFamily.Of(ipv4)) : null;
        }

        if (socket is null && descriptor >= 0)
        {
            Files.Close(descriptor);
        }

        return error;
    }

    public HostError OpenPing(bool ipv4, IReadinessOwner owner, out IHostDatagramSocket? socket)
    {
        socket = null;
        int descriptor = NewSocket(
            Family(ipv4), Sockets.Datagram, ipv4 ? Sockets.ProtocolIcmp : Sockets.ProtocolIcmpV6);
        if (descriptor < 0)
        {
            return HostErrors.From(descriptor);
        }

        if (reactor.TryWatchEdges(descriptor, owner) != HostError.None)
        {
            Files.Close(descriptor);
            return HostError.NoResources;
        }

        socket = new DatagramSocket(reactor, descriptor, DatagramFamily.Of(ipv4));
        return HostError.None;
    }

    public bool HasPath(IpAddress local, IpAddress remote) => HostPaths.Has(local, remote);

    /// <summary>Watches a socket that listens, and is this listener's from here on.</summary>
    public IHostListener WatchListener(int descriptor, bool isUnix, IReadinessOwner owner) =>
        new StreamListener(
            reactor, descriptor, isUnix, usePeekOffset, DescriptorCeiling, owner);

    /// <summary>Watches a bound UDP socket, with errors reported.</summary>
    /// <param name="descriptor">The socket.</param>
    /// <param name="owner">Is told when it is ready.</param>
    /// <param name="answers">
    /// It answers strangers: where it is bound to all addresses, it tells which they have used.
    /// </param>
    public IHostDatagramSocket WatchUdp(
        int descriptor, IReadinessOwner owner, bool answers = false)
    {
        IpAddress local = HostSockets.LocalOf(descriptor).Address;
        DatagramSocket udp = new(
            reactor, descriptor, DatagramFamily.Of(local.IsIPv4),
            tellsLocal: answers && local.IsUnspecified);
        reactor.WatchEdges(descriptor, owner);
        return udp;
    }

    /// <summary>A stream that nobody watches yet, with bytes in front of it.</summary>
    public static IHostStream WithPrefix(IHostStream stream, byte[] prefix) =>
        new PrefixedStream((IAdoptableStream)stream, prefix);

    /// <summary>
    /// Takes over a stream that another worker has accepted, before it is adopted or closed here.
    /// </summary>
    public void Take(IHostStream stream) => ((IAdoptableStream)stream).MoveTo(reactor);

    public void Adopt(IHostStream stream, IReadinessOwner owner) =>
        ((IAdoptableStream)stream).Adopt(owner);

    /// <summary>
    /// A stream pair to a service of the engine: the near end is the flow's, the far end the
    /// service's to read and write asynchronously: it is non-blocking.
    /// </summary>
    public HostError OpenPair(
        IReadinessOwner owner, out IHostStream? stream, out SafeSocketHandle? far)
    {
        HostError error = OpenPair(out int near, out far);
        error = error == HostError.None ? WatchNear(near, owner, ref far) : error;
        stream = error == HostError.None ? new UnixStream(reactor, near, owner) : null;
        return error;
    }

    /// <summary>The same, with a near end that no flow has yet.</summary>
    public HostError OpenPair(out IHostStream? stream, out SafeSocketHandle? far)
    {
        HostError error = OpenPair(out int near, out far);
        stream = error == HostError.None ? new UnixStream(reactor, near, null) : null;
        return error;
    }

    /// <summary>
    /// The same, and the service may give its upstream's socket in its place
    /// (<see cref="HandoverStream.HandOver"/>).
    /// </summary>
    /// <param name="owner">The flow.</param>
    /// <param name="isHeld">It connects until the service says that it has.</param>
    /// <param name="stream">The flow's end.</param>
    /// <param name="far">The service's.</param>
    public HostError OpenHandover(
        IReadinessOwner owner, bool isHeld, out HandoverStream? stream, out SafeSocketHandle? far)
    {
        HostError error = OpenPair(out int near, out far);
        error = error == HostError.None && !isHeld ? WatchNear(near, owner, ref far) : error;
        stream = error == HostError.None
            ? new HandoverStream(this, reactor, near, owner, isHeld) : null;
        return error;
    }

    // Closes the pair where it cannot be watched.
    private HostError WatchNear(int near, IReadinessOwner owner, ref SafeSocketHandle? far)
    {
        HostError error = reactor.TryWatchEdges(near, owner);
        if (error != HostError.None)
        {
            Files.Close(near);
            far?.Dispose();
            far = null;
        }

        return error;
    }

    private HostError OpenPair(out int near, out SafeSocketHandle? far)
    {
        near = -1;
        int farDescriptor = -1;
        int result = HostMemory.IsShort() ? -Errno.ENOMEM : Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Stream, out near, out farDescriptor);
        if (result >= 0 && Math.Max(near, farDescriptor) >= DescriptorCeiling)
        {
            Files.Close(near);
            Files.Close(farDescriptor);
            result = -Errno.EMFILE;
        }

        far = result < 0 ? null : new SafeSocketHandle(farDescriptor, ownsHandle: true);
        return HostErrors.From(result);
    }

    /// <summary>Closes what lingers; nothing runs any more.</summary>
    public void Close()
    {
        foreach (HandoverStream stream in (HandoverStream[])[.. _lingering])
        {
            stream.EndLingering();
        }
    }

    internal void Linger(HandoverStream stream) => _lingering.Add(stream);

    internal void ForgetLingering(HandoverStream stream) => _lingering.Remove(stream);

    internal TcpStream Adopt(int descriptor) => new(reactor, descriptor, usePeekOffset);

    private int NewSocket(int family, int type, int protocol)
    {
        int socket = HostMemory.IsShort() ? -Errno.ENOMEM : Sockets.Create(family, type, protocol);
        DescriptorReserve.Apply(ref socket, DescriptorCeiling);
        return socket;
    }

    private static int Family(bool ipv4) => ipv4 ? Sockets.FamilyIPv4 : Sockets.FamilyIPv6;
}
