using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// The DHCPv6 server on the gateway (RFC 8415): addresses (IA_NA) and options, or options alone.
/// <para>
/// Theory of operation. There is one server on the virtual network, so it says so (preference 255:
/// clients do not wait for others) and is authoritative: a client that renews what the server does
/// not know gets a lease, the same address if it is free, and is told to give up any other. A lease
/// belongs to a DUID and an IAID; what a flood of SOLICITs can take is bounded as it is for DHCPv4
/// (<see cref="LeaseTable"/>), and a client that asks twice (SOLICIT, REQUEST) gets an address even
/// if its offer made room in between. Temporary addresses and prefixes are refused.
/// </para>
/// <para>
/// <see cref="TryHandle"/> runs on the worker: no I/O, no lock. What others read is an immutable
/// snapshot, exchanged when a lease changes.
/// </para>
/// </summary>
public sealed partial class Dhcp6Server : LeaseServer, IDisposable
{
    private readonly Dhcp6Settings _settings;
    private readonly Dhcp6LeaseTable _table;
    private readonly byte[] _identifier;
    private readonly byte[] _dnsOption;
    private byte[] _searchOption;
    private readonly byte[] _zone;

    /// <summary>Restores the leases of the store, if there is one.</summary>
    /// <param name="settings">What is handed out.</param>
    /// <param name="store">
    /// Where leases survive a restart, not the one of DHCPv4; owned, and written when disposed.
    /// </param>
    /// <param name="time">What tells readers of names the time; the system's if null.</param>
    /// <exception cref="ArgumentException">
    /// The pool is none, two static leases collide, or a domain is no domain name.
    /// </exception>
    public Dhcp6Server(
        Dhcp6Settings settings, LeaseStore? store = null, TimeProvider? time = null)
        : this(settings, new Dhcp6LeaseTable(settings), store, time)
    {
    }

    private Dhcp6Server(
        Dhcp6Settings settings, Dhcp6LeaseTable table, LeaseStore? store, TimeProvider? time)
        : base(settings, table, store, time)
    {
        _settings = settings;
        _table = table;
        _identifier = Duid.OfLinkLayer(settings.GatewayMac);
        _dnsOption = DhcpEncoding.IPv6Addresses(
            settings.DnsServers.Count > 0 ? settings.DnsServers : [settings.Gateway]);
        _searchOption = DhcpEncoding.DomainList(settings.SearchList);
        _zone = DhcpEncoding.DomainList([settings.Domain ?? "."]);
    }

    public Dhcp6Counters Counters { get; } = new();

    /// <summary>Handles one message from a client.</summary>
    /// <param name="request">The UDP payload.</param>
    /// <param name="from">Where it came from.</param>
    /// <param name="wallNow">
    /// The time; leases are kept in wall time since they outlive the process.
    /// </param>
    /// <param name="reply">
    /// Room for an answer of at least <see cref="Dhcp6MessageWriter.MinimumRoomBytes"/>; 1232 bytes
    /// fit every link (RFC 8200 section 5).
    /// </param>
    /// <param name="meta">Where the answer goes.</param>
    /// <returns>False if nothing is to be sent.</returns>
    public bool TryHandle(
        ReadOnlySpan<byte> request, in Dhcp6Origin from, DateTimeOffset wallNow, Span<byte> reply,
        out Dhcp6Reply meta)
    {
        meta = default;
        ParseError error = Dhcp6Message.TryParse(request, out Dhcp6Message message);
        if (error != ParseError.None)
        {
            Counters.Malformed(error);
            return false;
        }

        if (message.IsRelayed)
        {
            Counters.Relayed++;
            return false;
        }

        if (!IsOfLink(from) || reply.Length < Dhcp6MessageWriter.MinimumRoomBytes
            || !IsValid(message, from.Destination.IsMulticast))
        {
            Counters.Ignored++;
            return false;
        }

        long now = wallNow.ToUnixTimeSeconds();
        Expire(now);
        int lengthBytes = Answer(new Call(message, from, now), reply);
        if (lengthBytes == 0)
        {
            Counters.Ignored++;
            return false;
        }

        meta = new Dhcp6Reply(
            lengthBytes, from.Source, from.Mac, (Dhcp6MessageType)reply[0]);
        bool isAdvertise = meta.MessageType == Dhcp6MessageType.Advertise;
        Counters.Advertises += isAdvertise ? 1 : 0;
        Counters.Replies += isAdvertise ? 0 : 1;
        return true;
    }

    /// <summary>Hands out another search list from now on (option 24). Of the worker.</summary>
    /// <exception cref="ArgumentException">A name is none, or the list is too long.</exception>
    public void SetSearchList(IReadOnlyList<string> domains) =>
        _searchOption = DhcpEncoding.DomainList(domains);

    public void Dispose() => CloseStore();

    /// <summary>The source that is answered is a guest's, link-local or of the prefix.</summary>
    private bool IsOfLink(in Dhcp6Origin from)
    {
        bool isLinkLocal = from.Source.High >> 54 == 0xfe80 >> 6;
        return !from.Mac.IsMulticast && !from.Mac.IsZero
            && (isLinkLocal || _settings.Prefix.Contains(from.Source));
    }

    /// <summary>
    /// What sections 16.2 to 16.12 say of identifiers. Messages that look for a server are not for
    /// one server's address.
    /// </summary>
    private bool IsValid(in Dhcp6Message message, bool isMulticast)
    {
        bool hasClient = message.Has(Dhcp6Option.ClientIdentifier);
        bool hasServer = message.TryGetOption(
            Dhcp6Option.ServerIdentifier, out ReadOnlySpan<byte> server);
        bool isForUs = server.SequenceEqual(_identifier);
        return message.MessageType switch
        {
            Dhcp6MessageType.Solicit or Dhcp6MessageType.Confirm or Dhcp6MessageType.Rebind =>
                hasClient && !hasServer && isMulticast,
            Dhcp6MessageType.Request or Dhcp6MessageType.Renew or Dhcp6MessageType.Release
                or Dhcp6MessageType.Decline => hasClient && isForUs,
            Dhcp6MessageType.InformationRequest =>
                (!hasServer || isForUs) && isMulticast && !HasAssociation(message),
            _ => false,
        };
    }

    private static bool HasAssociation(in Dhcp6Message message) =>
        message.Has(Dhcp6Option.NonTemporaryAddresses)
        || message.Has(Dhcp6Option.TemporaryAddresses)
        || message.Has(Dhcp6Option.DelegatedPrefixes);

    /// <summary>One message while it is handled.</summary>
    private readonly ref struct Call
    {
        public readonly Dhcp6Message Message;

        /// <summary>The DUID; empty in an INFORMATION-REQUEST without.</summary>
        public readonly ReadOnlySpan<byte> Client;

        public readonly Dhcp6Origin From;
        public readonly long Now;

        public Call(Dhcp6Message message, in Dhcp6Origin from, long now)
        {
            Message = message;
            message.TryGetOption(Dhcp6Option.ClientIdentifier, out Client);
            From = from;
            Now = now;
        }
    }
}
