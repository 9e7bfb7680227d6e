using Slipway.Host;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// The sockets of one publication, and where they lead: on the keeper, but for
/// <see cref="OnAnswered"/>.
/// </summary>
internal sealed class Publication(
    KeeperWorker keeper, GuestTarget target, WaitingClients waiting, PublishSpecification settings)
    : IFlowOrigin
{
    private readonly List<PublishedListener> _listeners = [];
    private readonly List<UdpPublication> _datagrams = [];
    private UnixSocketFile? _file;
    private IpAddress _followed;

    public KeeperWorker Keeper => keeper;

    public bool ShowsClients => settings.ShowsClient;

    /// <summary>Its ports, for guests of other groups; none of a Unix socket.</summary>
    public PublishedTarget[] Reach { get; init; } = [];

    /// <summary>Looks where it leads now: of a guest that is silent, to where it was.</summary>
    public void Follow()
    {
        IpAddress before = _followed;
        GuestRoute route = default;
        bool isThere = target.TryFindHeard(out _followed);
        bool isHeard = isThere && keeper.Stack.Neighbors.TryFind(_followed, out route);
        if (isThere && !isHeard && _followed == before)
        {
            return;
        }

        foreach (PublishedTarget port in Reach)
        {
            port.Link = isHeard ? route.Port.Id : 0;
        }
    }

    /// <summary>Begins with sockets that are this object's from here on.</summary>
    public void Start(PublishedSockets sockets)
    {
        _file = sockets.TakeFile();
        foreach (PublishedSocket socket in sockets.Take())
        {
            if (socket.IsDatagram)
            {
                _datagrams.Add(keeper.Stack.Udp.Publish(
                    owner => keeper.Network.WatchUdp(socket.Descriptor, owner, answers: true),
                    target, socket.GuestPort,
                    new PublishedDatagrams(this, settings.HasProxyHeader)));
                continue;
            }

            PublishedListener listener = new(this, socket.GuestPort);
            _listeners.Add(listener);
            listener.Start(socket.Descriptor, socket.IsUnix);
        }
    }

    /// <summary>A client has come: it gets a connection, as soon as there is a guest.</summary>
    public void Accept(IHostStream stream, in IpEndpoint client, ushort guestPort, Instant now)
    {
        IHostStream accepted = settings.HasProxyHeader
            ? HostNetwork.WithPrefix(stream, HeaderOf(client, stream.LocalEndpoint)) : stream;
        if (!TryConnect(accepted, client, guestPort, now))
        {
            waiting.Add(this, accepted, client, guestPort, now);
        }
    }

    /// <summary>False while there is no guest.</summary>
    public bool TryConnect(
        IHostStream stream, in IpEndpoint client, ushort guestPort, Instant now)
    {
        bool isFound = target.TryFindHeard(out IpAddress address);
        if (isFound)
        {
            keeper.Accept(stream, client, new IpEndpoint(address, guestPort), now, this);
        }

        return isFound;
    }

    /// <summary>Asks for a guest that has not been heard.</summary>
    public void Ask(Instant now) => target.Ask(now);

    public void OnAnswered(HostError error)
    {
        // The client is told by its own connection.
    }

    /// <summary>Takes no more clients; connections go on.</summary>
    public void Close()
    {
        foreach (PublishedListener listener in _listeners)
        {
            listener.Close();
        }

        foreach (UdpPublication datagrams in _datagrams)
        {
            datagrams.Close();
        }

        _file?.Remove();
    }

    private static byte[] HeaderOf(in IpEndpoint client, in IpEndpoint local)
    {
        Span<byte> header = stackalloc byte[ProxyHeader.MaximumLengthBytes];
        bool hasAddresses = client.Port != 0 && local.Port != 0;
        int length = hasAddresses ? ProxyHeader.WriteTcp(header, client, local)
            : ProxyHeader.WriteLocal(header);
        return header[..length].ToArray();
    }
}
