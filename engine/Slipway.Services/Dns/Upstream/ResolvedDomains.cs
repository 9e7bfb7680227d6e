using System.Net;
using Slipway.Wire;
using Tmds.DBus.Protocol;

namespace Slipway.Services;

/// <summary>
/// The domains that have servers of their own on the host's links, as systemd-resolved knows them:
/// a VPN tells it "corp.example is asked of 10.0.0.53" (org.freedesktop.resolve1 over D-Bus).
/// </summary>
/// <remarks>
/// Nothing is opened before <see cref="Current"/> is asked for. Where there is no bus, or nobody by
/// that name on it, there are no such domains; it is looked again while somebody asks. News come as
/// PropertiesChanged; versions that do not send it for these properties (252 does not) are asked
/// every second in which somebody asks.
/// </remarks>
internal sealed class ResolvedDomains(string? busAddress, Action changed) : IDisposable
{
    /// <summary>No link has a domain.</summary>
    public static readonly IReadOnlyList<DnsDomain> None = [];

    private const string StandardBus = "/run/dbus/system_bus_socket";

    // What DBUS_SYSTEM_BUS_ADDRESS says, or where the system's bus is.
    private readonly string? _bus = busAddress
        ?? Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS");
    private const string Service = "org.freedesktop.resolve1";
    private const string ManagerPath = "/org/freedesktop/resolve1";
    private const string Properties = "org.freedesktop.DBus.Properties";
    private const int MaxDomains = 256;
    private const int MaxServers = 3;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private volatile IReadOnlyList<DnsDomain> _domains = None;
    private int _isStarted;
    private volatile bool _isUsed;

    /// <summary>As last told; the same object until that changes. From any thread.</summary>
    public IReadOnlyList<DnsDomain> Current
    {
        get
        {
            _isUsed = true;
            if (Interlocked.Exchange(ref _isStarted, 1) == 0)
            {
                _ = Task.Run(FollowAsync);
            }

            return _domains;
        }
    }

    /// <summary>Asks anew, soon.</summary>
    public void Refresh()
    {
        try
        {
            _news.Release();
        }
        catch (SemaphoreFullException)
        {
            return; // it is about to be asked
        }
    }

    public void Dispose() => _stopping.Cancel();

    private async Task FollowAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (_bus is not null || File.Exists(StandardBus))
                {
                    await FollowBusAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error) when (error is DBusExceptionBase or IOException
                or InvalidOperationException or TimeoutException or OperationCanceledException
                or System.Net.Sockets.SocketException)
            {
                _ = error; // no bus, or nobody there: as without systemd-resolved
            }

            Tell(None);
            await PauseAsync().ConfigureAwait(false); // ends the task when it is cancelled
        }
    }

    private async Task FollowBusAsync()
    {
        using DBusConnection bus = new(_bus ?? "unix:path=" + StandardBus);
        await bus.ConnectAsync().AsTask().WaitAsync(s_timeout, _stopping.Token)
            .ConfigureAwait(false);
        using IDisposable watch = await bus.WatchSignalAsync(
            Service, ManagerPath, Properties, "PropertiesChanged",
            (Notification _) => Refresh(), ObserverFlags.EmitAll, emitOnCapturedContext: false)
            .ConfigureAwait(false);
        while (!_stopping.IsCancellationRequested)
        {
            Tell(await ReadAsync(bus).ConfigureAwait(false));
            await PauseAsync().ConfigureAwait(false);
        }
    }

    // Until there is news, or some time has passed and the domains have been asked for in it.
    private async Task PauseAsync()
    {
        do
        {
            _isUsed = false;
            if (await _news.WaitAsync(s_interval, _stopping.Token).ConfigureAwait(false))
            {
                return;
            }
        }
        while (!_isUsed);
    }

    private void Tell(IReadOnlyList<DnsDomain> domains)
    {
        if (!Same(domains, _domains))
        {
            _domains = domains;
            changed();
        }
    }

    private async Task<IReadOnlyList<DnsDomain>> ReadAsync(DBusConnection bus)
    {
        VariantValue servers = await GetAsync(bus, "DNS").ConfigureAwait(false);
        VariantValue domains = await GetAsync(bus, "Domains").ConfigureAwait(false);
        return Join(servers, domains);
    }

    private Task<VariantValue> GetAsync(DBusConnection bus, string property) =>
        bus.CallMethodAsync(
            MakeGet(bus, property),
            static (message, _) =>
            {
                Reader reader = message.GetBodyReader();
                return reader.ReadVariantValue();
            },
            null).WaitAsync(s_timeout, _stopping.Token);

    private static MessageBuffer MakeGet(DBusConnection bus, string property)
    {
        using MessageWriter writer = bus.GetMessageWriter();

        // Who has no systemd-resolved running does not get one started for this.
        writer.WriteMethodCallHeader(
            Service, ManagerPath, Properties, "Get", "ss", MessageFlags.NoAutoStart);
        writer.WriteString("org.freedesktop.resolve1.Manager");
        writer.WriteString(property);
        return writer.CreateMessage();
    }

    // DNS: a(iiay), link, family, address. Domains: a(isb), link, domain, for routing only. Link 0
    // is what is asked for all names, and "." a link that is.
    private static List<DnsDomain> Join(VariantValue servers, VariantValue domains)
    {
        Dictionary<int, List<NameServerEndpoint>> byLink = [];
        for (int i = 0; i < servers.Count; i++)
        {
            VariantValue one = servers.GetItem(i);
            byte[] octets = one.GetItem(2).GetArray<byte>();
            if (octets.Length is IpAddress.IPv4LengthBytes or IpAddress.IPv6LengthBytes)
            {
                int link = one.GetItem(0).GetInt32();
                IPAddress address = new(octets);
                if (address.IsIPv6LinkLocal)
                {
                    address.ScopeId = link;
                }

                byLink.TryAdd(link, []);
                byLink[link].Add(new IPEndPoint(address, DnsMessage.Port));
            }
        }

        List<DnsDomain> joined = [];
        Span<byte> wire = stackalloc byte[DomainName.MaxLengthBytes];
        for (int i = 0; i < domains.Count && joined.Count < MaxDomains; i++)
        {
            VariantValue one = domains.GetItem(i);
            int link = one.GetItem(0).GetInt32();
            string name = one.GetItem(1).GetString();
            if (link != 0 && name.Trim('.').Length > 0
                && DomainName.TryParse(name, wire, out _)
                && byLink.TryGetValue(link, out List<NameServerEndpoint>? own))
            {
                joined.Add(new DnsDomain(name, [.. own.Take(MaxServers)]));
            }
        }

        return joined;
    }

    private static bool Same(IReadOnlyList<DnsDomain> one, IReadOnlyList<DnsDomain> other) =>
        one.Count == other.Count && one.Zip(other).All(pair =>
            pair.First.Name == pair.Second.Name
            && pair.First.NameServers.SequenceEqual(pair.Second.NameServers));
}
