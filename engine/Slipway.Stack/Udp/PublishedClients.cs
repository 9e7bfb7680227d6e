using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Clients of published UDP ports, each with a port on the gateway's address by which its guest
/// knows it. Bounded: the idlest makes room; forgotten after 180 s without a datagram.
/// </summary>
internal sealed class PublishedClients : ITimerOwner
{
    // The dynamic ports (RFC 6335 section 6); a client's port is its place in the table.
    private const int FirstPort = 49_152;
    private const int PortCount = 65_536 - FirstPort;

    private static readonly Duration Lifetime = Duration.FromSeconds(180);

    private readonly TimerWheel _timers;
    private readonly TimerEntry _timer;
    private readonly LruTable<ClientKey, Client> _clients;

    public PublishedClients(StackSettings settings, TimerWheel timers)
    {
        _timers = timers;
        _timer = new TimerEntry(this);
        KeyHash hash = new(settings.Seed);
        _clients = new LruTable<ClientKey, Client>(
            Math.Min(settings.Limits.UdpPublishedClients, PortCount),
            key => hash.Of(key.Endpoint) ^ (uint)key.PublicationHash);
    }

    public int Count => _clients.Count;

    /// <summary>The port of a client that just sent; a new one if need be.</summary>
    /// <param name="publication">The port.</param>
    /// <param name="endpoint">The client.</param>
    /// <param name="local">The host's address that it uses, and is answered from.</param>
    /// <param name="now">The turn's time.</param>
    public ushort PortOf(
        PublicationFlow publication, in IpEndpoint endpoint, IpAddress local, Instant now)
    {
        ClientKey key = new(publication, endpoint);
        int index = _clients.Find(key);
        if (index < 0)
        {
            if (_clients.IsFull)
            {
                _clients.RemoveAt(_clients.Oldest);
            }

            index = _clients.Add(key, new Client(publication, local, now));
            if (!_timer.IsScheduled)
            {
                _timers.Schedule(_timer, now + Lifetime);
            }
        }
        else
        {
            _clients.ValueAt(index) = new Client(publication, local, now);
            _clients.Touch(index);
        }

        return (ushort)(FirstPort + index);
    }

    public bool TryFindPort(PublicationFlow publication, in IpEndpoint endpoint, out ushort port)
    {
        int index = _clients.Find(new ClientKey(publication, endpoint));
        port = (ushort)(FirstPort + index);
        return index >= 0;
    }

    /// <summary>The client that a guest's endpoint answers.</summary>
    public bool TryFindClient(
        ushort port, in IpEndpoint guest, Instant now,
        [NotNullWhen(true)] out PublicationFlow? publication, out PublishedClient client)
    {
        int index = port - FirstPort;
        publication = index >= 0 && index < _clients.UsedLength
            ? _clients.ValueAt(index).Publication : null;
        if (publication is null || publication.Guest != guest)
        {
            publication = null;
            client = default;
            return false;
        }

        client = Touch(index, now);
        return true;
    }

    /// <summary>The client at an endpoint that a guest answers.</summary>
    public bool TryFindClient(
        PublicationFlow publication, in IpEndpoint endpoint, Instant now,
        out PublishedClient client)
    {
        int index = _clients.Find(new ClientKey(publication, endpoint));
        client = index >= 0 ? Touch(index, now) : default;
        return index >= 0;
    }

    public void RemoveAll(PublicationFlow publication)
    {
        int index = _clients.Oldest;
        while (index >= 0)
        {
            int newer = _clients.Newer(index);
            if (_clients.ValueAt(index).Publication == publication)
            {
                _clients.RemoveAt(index);
            }

            index = newer;
        }
    }

    private PublishedClient Touch(int index, Instant now)
    {
        ref Client value = ref _clients.ValueAt(index);
        value = value with { Heard = now };
        _clients.Touch(index);
        return new PublishedClient(_clients.KeyAt(index).Endpoint, value.Local);
    }

    void ITimerOwner.OnTimer(TimerEntry entry, Instant now)
    {
        while (_clients.Oldest is >= 0 and int oldest)
        {
            Instant due = _clients.ValueAt(oldest).Heard + Lifetime;
            if (due > now)
            {
                _timers.Schedule(_timer, due);
                return;
            }

            _clients.RemoveAt(oldest);
        }
    }

    private readonly record struct ClientKey(PublicationFlow Publication, IpEndpoint Endpoint)
    {
        public int PublicationHash => RuntimeHelpers.GetHashCode(Publication);
    }

    // A free entry has no publication.
    private readonly record struct Client(
        PublicationFlow Publication, IpAddress Local, Instant Heard);
}
