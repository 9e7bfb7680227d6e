using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// A port of a host that is known by name. The name is looked up for each connection, off the
/// worker: the connection waits, and nothing else does.
/// </summary>
/// <remarks>
/// For datagrams the address is kept ten seconds, and while it is looked up again the one that was
/// found last serves. Those before the first answer are lost, as datagrams may be.
/// </remarks>
internal sealed class NameTarget : ServiceTarget
{
    private const long FreshMilliseconds = 10_000;

    private readonly string _name;
    private readonly ushort _port;
    private readonly DnsServer _dns;
    private readonly StackSettings _settings;
    private readonly Func<IHostNetwork, Mailbox> _mailboxOf;
    private readonly CancellationToken _stopped;

    // What was found for datagrams; replaced as a whole.
    private volatile Found? _found;
    private int _isLooking;

    /// <param name="name">Looked up as a guest's query would be.</param>
    /// <param name="port">The port there.</param>
    /// <param name="dns">Looks it up.</param>
    /// <param name="settings">Whose addresses are the engine's own.</param>
    /// <param name="mailboxOf">Where the worker of a network is told.</param>
    /// <param name="stopped">The engine ends.</param>
    public NameTarget(
        string name, ushort port, DnsServer dns, StackSettings settings,
        Func<IHostNetwork, Mailbox> mailboxOf, CancellationToken stopped)
    {
        _name = name;
        _port = port;
        _dns = dns;
        _settings = settings;
        _mailboxOf = mailboxOf;
        _stopped = stopped;
    }

    public override HostError Connect(
        IHostNetwork network, int link, IReadinessOwner owner, out IHostStream? stream)
    {
        NamedStream named = new(network, owner);
        stream = named;
        _ = FindAsync(named, link, _mailboxOf(network));
        return HostError.InProgress;
    }

    public override HostError Locate(int link, out IpEndpoint endpoint)
    {
        Found? found = _found;
        if ((found is null || Environment.TickCount64 >= found.Due)
            && Interlocked.Exchange(ref _isLooking, 1) == 0)
        {
            _ = RefreshAsync(link);
        }

        endpoint = found?.Endpoint ?? default;
        return found is null ? HostError.WouldBlock
            : found.Endpoint.Port == 0 ? HostError.HostUnreachable : HostError.None;
    }

    private async Task FindAsync(NamedStream stream, int link, Mailbox mailbox)
    {
        IReadOnlyList<IpEndpoint>? endpoints = await LookUpAsync(link).ConfigureAwait(false);
        if (!_stopped.IsCancellationRequested)
        {
            mailbox.Post(new Told(stream, endpoints));
        }
    }

    private async Task RefreshAsync(int link)
    {
        try
        {
            IReadOnlyList<IpEndpoint>? endpoints =
                await LookUpAsync(link).ConfigureAwait(false);
            if (endpoints is not null)
            {
                long due = Environment.TickCount64 + FreshMilliseconds;
                _found = endpoints.Count > 0 ? new Found(endpoints[0], due)
                    : new Found(_found?.Endpoint ?? default, due);
            }
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    // Null when too much is asked already, or the engine ends.
    private async Task<IReadOnlyList<IpEndpoint>?> LookUpAsync(int link)
    {
        // Files and sockets are not for the worker.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            IReadOnlyList<IpAddress>? found = await _dns.LookupAsync(_name, link, _stopped)
                .ConfigureAwait(false);
            if (found is null)
            {
                return null;
            }

            List<IpEndpoint> endpoints = [];
            foreach (IpAddress address in found)
            {
                if (ToHost(address) is IpAddress own)
                {
                    endpoints.Add(new IpEndpoint(own, _port));
                }
            }

            return endpoints;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // The name may be one that guests use: the host alias is the host itself, and what only they
    // can reach is of no use here.
    private IpAddress? ToHost(IpAddress address)
    {
        if (_settings.IsHostAlias(address))
        {
            return address.IsIPv4 ? IpAddress.IPv4Loopback : IpAddress.IPv6Loopback;
        }

        return _settings.IsVirtual(address) || _settings.IsOnLink(address)
            || _settings.Ipv6?.Nat64Prefix?.Contains(address) == true ? null : address;
    }

    private sealed record Found(IpEndpoint Endpoint, long Due);

    private sealed class Told(NamedStream stream, IReadOnlyList<IpEndpoint>? endpoints) : Command
    {
        public override void Run(Instant now) => stream.Begin(endpoints, now);
    }
}
