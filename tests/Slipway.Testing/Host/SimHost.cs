using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// The host and the network beyond it, in memory: servers that accept, refuse, are unreachable or
/// silent; datagram sockets with error queues; readiness that is reported as epoll reports edges.
/// </summary>
public sealed partial class SimHost(FakeClock clock) : IHostNetwork, IHostListeners
{
    private readonly Dictionary<IpEndpoint, SimServer> _servers = [];
    private readonly Queue<SimSocket> _signalled = new();
    private readonly PriorityQueue<Action, (long Due, long Order)> _events = new();
    private long _order;
    private ushort _nextPort = 32_768;

    /// <summary>Sockets that the engine has open.</summary>
    public int OpenSockets { get; internal set; }

    /// <summary>Sockets beyond this number are refused for want of descriptors.</summary>
    public int SocketLimit { get; set; } = int.MaxValue;

    /// <summary>Connects that the engine started.</summary>
    public int ConnectCount { get; private set; }

    /// <summary>
    /// When the host next does something by itself; now if readiness waits to be told.
    /// </summary>
    public Instant NextEvent => _signalled.Count > 0 ? clock.Now
        : _events.TryPeek(out _, out (long Due, long Order) next)
            ? new Instant(next.Due) : Instant.Never;

    /// <summary>Puts a server at an endpoint; where there is none, connects are refused.</summary>
    public SimServer Serve(IpEndpoint endpoint, SimServer? server = null) =>
        _servers[endpoint] = server ?? new SimServer();

    /// <summary>Does something at a later instant.</summary>
    public void After(Duration delay, Action action) =>
        _events.Enqueue(action, ((clock.Now + delay).Nanoseconds, _order++));

    /// <summary>
    /// One turn of the reactor: what is due happens, then owners hear of what became ready before
    /// this call; what becomes ready through them is told at the next one.
    /// </summary>
    /// <returns>True if anything was told.</returns>
    public bool Dispatch(Instant now)
    {
        while (_events.TryPeek(out Action? action, out (long Due, long Order) next)
            && next.Due <= now.Nanoseconds)
        {
            _events.Dequeue();
            action();
        }

        int count = _signalled.Count;
        for (int i = 0; i < count; i++)
        {
            _signalled.Dequeue().Deliver(now);
        }

        return count > 0;
    }

    public HostError ConnectTcp(in IpEndpoint remote, IReadinessOwner owner,
        out IHostStream? stream)
    {
        ConnectCount++;
        stream = null;
        if (OpenSockets >= SocketLimit)
        {
            return HostError.NoResources;
        }

        if (!_servers.TryGetValue(remote, out SimServer? server))
        {
            server = new SimServer { Outcome = HostError.Refused };
        }

        if (server.FailsAtOnce)
        {
            return server.Outcome;
        }

        SimStream made = new(this, owner, server, NextLocalEndpoint(), remote);
        stream = made;
        if (server.Outcome != HostError.InProgress)
        {
            After(server.Delay, () => EndConnect(made));
        }

        return HostError.InProgress;
    }

    public void Adopt(IHostStream stream, IReadinessOwner owner)
    {
        SimStream adopted = (SimStream)stream;
        adopted.Owner = owner;
        adopted.Signal();
    }

    /// <summary>A stream as a listener accepts it: connected, and not adopted yet.</summary>
    public IHostStream AcceptedStream(IpEndpoint local, IpEndpoint client,
        SimServer? buffers = null)
    {
        SimStream stream = new(this, null, buffers ?? new SimServer(), local, client);
        stream.EndConnect(HostError.None);
        return stream;
    }

    /// <summary>The far end of a stream that <see cref="AcceptedStream"/> made.</summary>
    public static SimConnection ConnectionOf(IHostStream stream) => ((SimStream)stream).Connection;

    /// <summary>Local addresses that the host has no more; its connections keep them.</summary>
    public HashSet<IpAddress> LostAddresses { get; } = [];

    /// <summary>Peers that no route leads to any more.</summary>
    public HashSet<IpAddress> LostRoutes { get; } = [];

    /// <summary>Where the next connects begin.</summary>
    public IpAddress LocalAddress { get; set; } = IpAddress.IPv4Loopback;

    public bool HasPath(IpAddress local, IpAddress remote) =>
        !LostAddresses.Contains(local) && !LostRoutes.Contains(remote);

    internal void Enqueue(SimSocket socket) => _signalled.Enqueue(socket);

    /// <summary>
    /// A stream to a service of the engine: a socket pair, connected from the start.
    /// </summary>
    internal SimStream OpenPair(SimServer server, IpEndpoint destination, IReadinessOwner owner)
    {
        SimStream stream = new(this, owner, server, NextLocalEndpoint(), destination);
        EndConnect(stream);
        return stream;
    }

    private static void EndConnect(SimStream stream)
    {
        SimServer server = stream.Server;
        if (server.Outcome == HostError.None && !stream.IsClosed)
        {
            server.Connections.Add(stream.Connection);
            server.Accepted?.Invoke(stream.Connection);
        }

        stream.EndConnect(server.Outcome);
    }

    private IpEndpoint NextLocalEndpoint() => new(LocalAddress, _nextPort++);
}
