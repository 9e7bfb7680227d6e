using System.Diagnostics.CodeAnalysis;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The DHCP server on the gateway (RFC 2131, RFC 2132).
/// <para>
/// Theory of operation. There is one server on the virtual network, so it is authoritative: a
/// client that it does not know and that asks for a free address of the pool gets it (its lease
/// file was lost), one that asks for an address that it cannot have gets a NAK, not silence. An
/// offer to a new client holds its address for a short time; offers are few, and the oldest makes
/// room, so that a flood of spoofed DISCOVERs takes nothing from those that finish. While it lasts,
/// a REQUEST for an address that is merely offered to another is granted: whoever asks first has
/// it, and the other, if it is real, gets a NAK and begins again.
/// </para>
/// <para>
/// <see cref="TryHandle"/> runs on the worker: no I/O, no lock. What others read is an immutable
/// snapshot, exchanged when a lease changes.
/// </para>
/// </summary>
public sealed partial class DhcpServer : ILeaseNames, IDisposable
{
    private readonly DhcpSettings _settings;
    private readonly LeaseStore? _store;
    private readonly TimeProvider _time;
    private readonly LeaseTable _table;
    private readonly Action<Lease> _leaseEnded;
    private readonly byte[] _searchOption;
    private readonly byte[] _routesOption;
    private readonly byte[] _domainOption;
    private LeaseSnapshot _snapshot = LeaseSnapshot.Empty;

    /// <summary>
    /// Until when a REQUEST may take an address that is offered to another; Unix seconds.
    /// </summary>
    private long _underPressureUntil;

    /// <summary>Restores the leases of the store, if there is one.</summary>
    /// <param name="settings">What is handed out.</param>
    /// <param name="store">
    /// Where leases survive a restart; owned, and written when disposed.
    /// </param>
    /// <param name="time">What tells readers of names the time; the system's if null.</param>
    public DhcpServer(DhcpSettings settings, LeaseStore? store = null, TimeProvider? time = null)
    {
        _settings = settings;
        _store = store;
        _time = time ?? TimeProvider.System;
        _table = new LeaseTable(settings, lease => Unpublish(lease.Address));
        _leaseEnded = OnLeaseEnded;
        _searchOption = DhcpEncoding.SearchList(
            settings.SearchDomains.Count > 0 || settings.Domain is null
                ? settings.SearchDomains : [settings.Domain]);
        _routesOption = DhcpEncoding.Routes(settings.Routes, settings.Gateway);
        _domainOption = DhcpEncoding.Ascii(settings.Domain);
        Restore(_time.GetUtcNow().ToUnixTimeSeconds());
    }

    public DhcpCounters Counters { get; } = new();

    /// <summary>The leases as they are; from any thread.</summary>
    public LeaseSnapshot Leases => Volatile.Read(ref _snapshot);

    public string? Domain => _settings.Domain;

    /// <summary>
    /// Asked on the worker before an unused address is handed out: does another MAC than this
    /// answer for it? A guest that configured itself is seen this way.
    /// </summary>
    public Func<IpAddress, MacAddress, bool>? IsUsedByAnother
    {
        get => _table.IsUsedByAnother;
        set => _table.IsUsedByAnother = value;
    }

    /// <summary>Handles one message from a client.</summary>
    /// <param name="request">The UDP payload.</param>
    /// <param name="frameSource">
    /// Who sent the frame. It may differ from chaddr where a guest bridges, but a client that gives
    /// an address back must be its sender, so that no guest ends another's lease.
    /// </param>
    /// <param name="port">
    /// The switch port that the frame came in by: when all addresses are given out, the port that
    /// has most of them gives one up.
    /// </param>
    /// <param name="packetSource">
    /// The IP source: where an INFORM is answered that leaves ciaddr empty.
    /// </param>
    /// <param name="wallNow">
    /// The time; leases are kept in wall time since they outlive the process.
    /// </param>
    /// <param name="reply">Room for a reply of at least 300 bytes; 576 hold all options.</param>
    /// <param name="meta">Where the reply goes.</param>
    /// <returns>False if nothing is to be sent.</returns>
    public bool TryHandle(
        ReadOnlySpan<byte> request,
        MacAddress frameSource,
        int port,
        IpAddress packetSource,
        DateTimeOffset wallNow,
        Span<byte> reply,
        out DhcpReply meta)
    {
        meta = default;
        ParseError error = DhcpMessage.TryParse(request, out DhcpMessage message);
        if (error == ParseError.None && (message.ClientMac.IsMulticast || message.ClientMac.IsZero))
        {
            error = ParseError.Field;
        }

        if (error != ParseError.None)
        {
            Counters.Malformed(error);
            return false;
        }

        // No relay stands between a guest and its gateway (RFC 2131 section 4.1: giaddr).
        if (!message.IsRequest || !message.RelayAddress.IsUnspecified
            || reply.Length < DhcpMessageWriter.MinimumLengthBytes)
        {
            Counters.Ignored++;
            return false;
        }

        long now = wallNow.ToUnixTimeSeconds();
        _table.Expire(now, _leaseEnded);
        Span<byte> scratch = stackalloc byte[1 + MacAddress.LengthBytes];
        ReadOnlySpan<byte> client = ClientKey.Of(message, scratch);
        switch (message.MessageType)
        {
            case DhcpMessageType.Discover:
                return Discover(message, client, port, now, reply, out meta);
            case DhcpMessageType.Request:
                return Request(message, client, port, now, reply, out meta);
            case DhcpMessageType.Decline when frameSource == message.ClientMac:
                Decline(message, client, now);
                return false;
            case DhcpMessageType.Release when frameSource == message.ClientMac:
                Release(message, client, now);
                return false;
            case DhcpMessageType.Inform:
                return Inform(message, client, packetSource, reply, out meta);
            default:
                Counters.Ignored++;
                return false;
        }
    }

    public bool TryGetAddress(string label, out IpAddress address)
    {
        LeaseEntry? entry = Leases.FindName(label, _time.GetUtcNow());
        address = entry?.Address ?? default;
        return entry is not null;
    }

    public bool TryGetName(IpAddress address, [NotNullWhen(true)] out string? label)
    {
        label = Leases.FindActive(address, _time.GetUtcNow())?.HostName;
        return label is not null;
    }

    public void Dispose() => _store?.Dispose();

    private void Restore(long now)
    {
        foreach (Lease lease in _table.All)
        {
            Publish(lease);
        }

        if (_store is null)
        {
            return;
        }

        foreach (LeaseEntry stored in _store.Load().OrderBy(entry => entry.ExpiresSeconds))
        {
            if (_table.Restore(stored, now) && _table.Find(stored.Address) is Lease lease)
            {
                Name(lease, lease.HostName, now);
                Publish(lease);
            }
        }
    }

    /// <summary>Gives a lease its name, with a suffix if another guest has it.</summary>
    private void Name(Lease lease, string? asked, long now)
    {
        if (asked is null || lease.HasFixedName)
        {
            return;
        }

        if (lease.HostName is string kept && HostNameLabel.IsVariantOf(kept, asked)
            && IsFree(kept, lease, now))
        {
            return;
        }

        // As many guests as there are addresses may ask for one name; past these it goes without.
        const int MaxSuffix = 99;
        string? name = asked;
        for (int number = 2; name is not null && !IsFree(name, lease, now); number++)
        {
            name = number <= MaxSuffix ? HostNameLabel.WithSuffix(asked, number) : null;
        }

        lease.HostName = name;
    }

    /// <summary>
    /// A name is free if nobody has it, or the same machine by an earlier identifier.
    /// </summary>
    private bool IsFree(string name, Lease lease, long now) =>
        _snapshot.FindName(name, DateTimeOffset.FromUnixTimeSeconds(now)) is not LeaseEntry holder
        || holder.Address == lease.Address
        || (holder.Mac == lease.Mac && !holder.IsStatic);

    private void Publish(Lease lease)
    {
        LeaseEntry entry = new(
            lease.Address, lease.Mac, lease.Client, lease.HostName, lease.ExpiresSeconds,
            lease.IsStatic);
        Volatile.Write(ref _snapshot, _snapshot.With(entry));
        _store?.Changed(_snapshot);
    }

    /// <summary>A lease that was published has lost its client.</summary>
    private void Unpublish(IpAddress address)
    {
        Volatile.Write(ref _snapshot, _snapshot.Without(address));
        _store?.Changed(_snapshot);
    }

    private void OnLeaseEnded(Lease lease) => Publish(lease);
}
