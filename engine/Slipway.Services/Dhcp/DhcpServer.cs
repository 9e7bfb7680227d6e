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
public sealed partial class DhcpServer : LeaseServer, IDisposable
{
    private readonly DhcpSettings _settings;
    private readonly Dhcp4LeaseTable _table;
    private byte[] _searchOption;
    private readonly byte[] _routesOption;
    private readonly byte[] _domainOption;

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
        : this(settings, new Dhcp4LeaseTable(settings), store, time)
    {
    }

    private DhcpServer(
        DhcpSettings settings, Dhcp4LeaseTable table, LeaseStore? store, TimeProvider? time)
        : base(settings, table, store, time)
    {
        _settings = settings;
        _table = table;
        _searchOption = DhcpEncoding.SearchList(settings.SearchList);
        _routesOption = DhcpEncoding.Routes(settings.Routes, settings.Gateway);
        _domainOption = DhcpEncoding.Ascii(settings.Domain);
    }

    public DhcpCounters Counters { get; } = new();

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
        Expire(now);
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

    /// <summary>Hands out another search list from now on (option 119). Of the worker.</summary>
    /// <exception cref="ArgumentException">A name is none, or the list is too long.</exception>
    public void SetSearchList(IReadOnlyList<string> domains) =>
        _searchOption = DhcpEncoding.SearchList(domains);

    public void Dispose() => CloseStore();
}
