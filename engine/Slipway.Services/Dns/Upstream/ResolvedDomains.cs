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
/// <param name="busAddress">The bus; null for the system's.</param>
/// <param name="changed">Called when the domains are others.</param>
/// <param name="log">
/// Takes a line, for developers, when it is reached or is not any more; null for nobody.
/// </param>
internal sealed class ResolvedDomains(
    string? busAddress, Action changed, Action<string>? log = null)
    : IDisposable
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

    // What was told last: the type of the error, or that there was none.
    private string? _told;

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
                // No bus, or nobody there: as without systemd-resolved.
                Note(error.GetType().Name, $"systemd-resolved is not reached: {error.Message}");
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
            Note("reached", "systemd-resolved tells the domains of the host's links");
            await PauseAsync().ConfigureAwait(false);
        }
    }

    // Once for a state, since it is tried again every second.
    private void Note(string state, string line)
    {
        if (_told != state && !_stopping.IsCancellationRequested)
        {
            _told = state;
            log?.Invoke(line);
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

    // Domains: a(isb), link, name, for routing only. Link 0 is what is asked for all names, and so
    // is a link whose domain is ".".
    private async Task<IReadOnlyList<DnsDomain>> ReadAsync(DBusConnection bus)
    {
        VariantValue domains =
            await GetAsync(bus, ManagerPath, "Manager", "Domains").ConfigureAwait(false);
        Dictionary<int, IReadOnlyList<NameServerEndpoint>> byLink = [];
        List<DnsDomain> joined = [];
        for (int i = 0; i < domains.Count && joined.Count < MaxDomains; i++)
        {
            VariantValue one = domains.GetItem(i);
            int link = one.GetItem(0).GetInt32();
            string name = one.GetItem(1).GetString();
            if (link == 0 || name.Trim('.').Length == 0 || !DomainName.TryParse(
                name, new byte[DomainName.MaxLengthBytes], out _))
            {
                continue;
            }

            if (!byLink.TryGetValue(link, out IReadOnlyList<NameServerEndpoint>? servers))
            {
                servers = await ReadServersAsync(bus, link).ConfigureAwait(false);
                byLink.Add(link, servers);
            }

            if (servers.Count > 0)
            {
                joined.Add(new DnsDomain(name, servers));
            }
        }

        return joined;
    }

    // DNSEx: a(iayqs), family, address, port, name. The manager's own list tells loopback's link
    // for servers there.
    private async Task<IReadOnlyList<NameServerEndpoint>> ReadServersAsync(
        DBusConnection bus, int link)
    {
        string path = await CallAsync(
            bus, MakeGetLink(bus, link), static reader => reader.ReadObjectPathAsString())
            .ConfigureAwait(false);
        VariantValue list = await GetAsync(bus, path, "Link", "DNSEx").ConfigureAwait(false);
        List<NameServerEndpoint> servers = [];
        for (int i = 0; i < list.Count && servers.Count < MaxServers; i++)
        {
            byte[] octets = list.GetItem(i).GetItem(1).GetArray<byte>();
            ushort port = list.GetItem(i).GetItem(2).GetUInt16();
            if (octets.Length is IpAddress.IPv4LengthBytes or IpAddress.IPv6LengthBytes)
            {
                IPAddress address = new(octets);
                if (address.IsIPv6LinkLocal)
                {
                    address.ScopeId = link;
                }

                servers.Add(new IPEndPoint(address, port == 0 ? DnsMessage.Port : port));
            }
        }

        return servers;
    }

    private delegate T Read<T>(Reader body);

    private Task<T> CallAsync<T>(DBusConnection bus, MessageBuffer call, Read<T> read) =>
        bus.CallMethodAsync(
            call, static (message, state) => ((Read<T>)state!)(message.GetBodyReader()), read)
            .WaitAsync(s_timeout, _stopping.Token);

    private Task<VariantValue> GetAsync(
        DBusConnection bus, string path, string type, string property) =>
        CallAsync(
            bus, MakeGet(bus, path, type, property), static reader => reader.ReadVariantValue());

    private static MessageBuffer MakeGet(
        DBusConnection bus, string path, string type, string property)
    {
        using MessageWriter writer = bus.GetMessageWriter();

        // Who has no systemd-resolved running does not get one started for this.
        writer.WriteMethodCallHeader(
            Service, path, Properties, "Get", "ss", MessageFlags.NoAutoStart);
        writer.WriteString($"{Service}.{type}");
        writer.WriteString(property);
        return writer.CreateMessage();
    }

    private static MessageBuffer MakeGetLink(DBusConnection bus, int link)
    {
        using MessageWriter writer = bus.GetMessageWriter();
        writer.WriteMethodCallHeader(
            Service, ManagerPath, $"{Service}.Manager", "GetLink", "i", MessageFlags.NoAutoStart);
        writer.WriteInt32(link);
        return writer.CreateMessage();
    }

    private static bool Same(IReadOnlyList<DnsDomain> one, IReadOnlyList<DnsDomain> other) =>
        one.Count == other.Count && one.Zip(other).All(pair =>
            pair.First.Name == pair.Second.Name
            && pair.First.NameServers.SequenceEqual(pair.Second.NameServers));
}
