using Slipway.Wire;

namespace Slipway.Services;

/// <summary>What each message of a client does (RFC 2131 section 4.3).</summary>
public sealed partial class DhcpServer
{
    /// <summary>RFC 2131 section 4.3.1.</summary>
    private bool Discover(
        in DhcpMessage message, ReadOnlySpan<byte> client, int port, long now, Span<byte> reply,
        out DhcpReply meta)
    {
        Counters.Discovers++;
        Lease? lease = _table.Find(client, message.ClientMac);
        if (lease is null)
        {
            message.TryGetAddress(DhcpOption.RequestedAddress, out IpAddress wanted);
            lease = _table.Offer(
                client, message.ClientMac, port, wanted, now, out bool evicted);
            if (evicted)
            {
                Counters.OffersEvicted++;
                _underPressureUntil = now + (long)_settings.OfferTime.TotalSeconds;
            }
        }
        else
        {
            _table.Prolong(lease, now);
        }

        if (lease is null)
        {
            Counters.PoolExhausted++;
            meta = default;
            return false;
        }

        Counters.Offers++;
        meta = Write(message, DhcpMessageType.Offer, lease, IpAddress.IPv4Any, reply);
        return true;
    }

    /// <summary>
    /// RFC 2131 section 4.3.2. SELECTING names server and address by option, INIT-REBOOT the
    /// address alone, RENEWING and REBINDING have it in ciaddr; to a sole server they are one.
    /// </summary>
    private bool Request(
        in DhcpMessage message, ReadOnlySpan<byte> client, int port, long now, Span<byte> reply,
        out DhcpReply meta)
    {
        Counters.Requests++;
        meta = default;
        Lease? lease = _table.Find(client, message.ClientMac);
        if (message.TryGetAddress(DhcpOption.ServerIdentifier, out IpAddress server)
            && server != _settings.Gateway)
        {
            // The client has chosen another server, and thereby declined our offer.
            if (lease is { State: LeaseState.Offered, IsStatic: false })
            {
                _table.Remove(lease);
            }

            Counters.Ignored++;
            return false;
        }

        IpAddress wanted = message.ClientAddress;
        if (wanted.IsUnspecified && !message.TryGetAddress(DhcpOption.RequestedAddress, out wanted))
        {
            Counters.Ignored++;
            return false;
        }

        lease ??= _table.Claim(client, message.ClientMac, wanted, now < _underPressureUntil, now);
        if (lease is null || lease.Address != wanted)
        {
            Counters.Naks++;
            meta = WriteNak(message, reply);
            return true;
        }

        // The configured name stands; of what the client sends, the last that it sent.
        _table.Adopt(lease, client, message.ClientMac);
        lease.Port = port;
        Bind(lease, AskedName(message), now);
        Counters.Acks++;
        meta = Write(message, DhcpMessageType.Ack, lease, message.ClientAddress, reply);
        return true;
    }

    /// <summary>RFC 2131 section 4.3.3: the client found somebody else at its address.</summary>
    private void Decline(in DhcpMessage message, ReadOnlySpan<byte> client, long now)
    {
        Counters.Declines++;
        Lease? lease = _table.Find(client, message.ClientMac);
        if (lease is null || lease.Mac != message.ClientMac || !IsForUs(message)
            || !message.TryGetAddress(DhcpOption.RequestedAddress, out IpAddress declined)
            || declined != lease.Address)
        {
            Counters.Ignored++;
            return;
        }

        Decline(lease, now);
    }

    /// <summary>RFC 2131 section 4.3.4: the lease ends, its client is remembered.</summary>
    private void Release(in DhcpMessage message, ReadOnlySpan<byte> client, long now)
    {
        Counters.Releases++;
        Lease? lease = _table.Find(client, message.ClientMac);
        if (lease is null || lease.State != LeaseState.Bound
            || lease.Mac != message.ClientMac || !IsForUs(message)
            || message.ClientAddress != lease.Address)
        {
            Counters.Ignored++;
            return;
        }

        Release(lease, now);
    }

    /// <summary>RFC 2131 section 4.3.5: parameters, but no address and no times.</summary>
    private bool Inform(
        in DhcpMessage message,
        ReadOnlySpan<byte> client,
        IpAddress packetSource,
        Span<byte> reply,
        out DhcpReply meta)
    {
        Counters.Informs++;
        IpAddress address = message.ClientAddress.IsUnspecified
            ? packetSource : message.ClientAddress;
        if (address.IsUnspecified)
        {
            Counters.Ignored++;
            meta = default;
            return false;
        }

        Counters.Acks++;
        meta = WriteInformed(message, _table.Find(client, message.ClientMac), address, reply);
        return true;
    }

    private bool IsForUs(in DhcpMessage message) =>
        !message.TryGetAddress(DhcpOption.ServerIdentifier, out IpAddress server)
            || server == _settings.Gateway;

    /// <summary>
    /// Option 12, else the name of option 81, in text or in wire form (RFC 4702).
    /// </summary>
    private static string? AskedName(in DhcpMessage message)
    {
        if (message.TryGetOption(DhcpOption.HostName, out ReadOnlySpan<byte> value))
        {
            return HostNameLabel.Sanitise(value);
        }

        const int FlagsAndCodesLengthBytes = 3;
        const byte WireFormFlag = 4;
        if (!message.TryGetOption(DhcpOption.ClientName, out value)
            || value.Length <= FlagsAndCodesLengthBytes)
        {
            return null;
        }

        ReadOnlySpan<byte> name = value[FlagsAndCodesLengthBytes..];
        if ((value[0] & WireFormFlag) == 0)
        {
            return HostNameLabel.Sanitise(name);
        }

        return name[0] < name.Length ? HostNameLabel.Sanitise(name.Slice(1, name[0])) : null;
    }
}
