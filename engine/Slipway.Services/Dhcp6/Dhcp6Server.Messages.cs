using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// What each message of a client does (RFC 8415 section 18.3). Each answers with the length of what
/// it has written; nothing is answered with zero.
/// </summary>
public sealed partial class Dhcp6Server
{
    /// <summary>A client takes this one at once (section 18.2.1).</summary>
    private const byte HighestPreference = 255;

    private int Answer(in Call call, Span<byte> reply)
    {
        // Section 18.3: the server's own address is not told, so only ff02::1:2 will do.
        if (!call.From.Destination.IsMulticast)
        {
            return WriteStatus(call, Dhcp6StatusCode.UseMulticast, "send to ff02::1:2"u8, reply);
        }

        switch (call.Message.MessageType)
        {
            case Dhcp6MessageType.Solicit:
                Counters.Solicits++;
                return Solicit(call, reply);
            case Dhcp6MessageType.Request:
                Counters.Requests++;
                return Assign(call, reply);
            case Dhcp6MessageType.Renew:
                Counters.Renews++;
                return Assign(call, reply);
            case Dhcp6MessageType.Rebind:
                Counters.Rebinds++;
                return Assign(call, reply);
            case Dhcp6MessageType.Confirm:
                Counters.Confirms++;
                return Confirm(call, reply);
            case Dhcp6MessageType.Release:
                Counters.Releases++;
                return GiveBack(call, reply);
            case Dhcp6MessageType.Decline:
                Counters.Declines++;
                return GiveBack(call, reply);
            case Dhcp6MessageType.InformationRequest:
                Counters.InformationRequests++;
                return Inform(call, reply);
            default:
                return 0;
        }
    }

    /// <summary>
    /// Section 18.3.1: an offer, or at once a lease where the client can take it (rapid commit).
    /// </summary>
    private int Solicit(in Call call, Span<byte> reply)
    {
        if (_settings.AssignsAddresses && call.Message.Has(Dhcp6Option.RapidCommit))
        {
            Dhcp6MessageWriter committed = Begin(call, Dhcp6MessageType.Reply, reply);
            committed.Add(Dhcp6Option.RapidCommit, default(ReadOnlySpan<byte>));
            return AnswerAssociations(ref committed, call, isOffer: false);
        }

        Dhcp6MessageWriter writer = Begin(call, Dhcp6MessageType.Advertise, reply);
        writer.Add(Dhcp6Option.Preference, HighestPreference);
        return AnswerAssociations(ref writer, call, isOffer: true);
    }

    /// <summary>REQUEST, RENEW and REBIND (sections 18.3.2, 18.3.4 and 18.3.5).</summary>
    private int Assign(in Call call, Span<byte> reply)
    {
        Dhcp6MessageWriter writer = Begin(call, Dhcp6MessageType.Reply, reply);
        return AnswerAssociations(ref writer, call, isOffer: false);
    }

    /// <summary>
    /// Section 18.3.3: are the client's addresses of this link, where it has woken up? Whether they
    /// are still its own is not asked.
    /// </summary>
    private int Confirm(in Call call, Span<byte> reply)
    {
        bool hasAddress = false;
        bool isOnLink = true;
        Dhcp6OptionReader options = call.Message.Options;
        while (options.TryRead(out Dhcp6Option code, out ReadOnlySpan<byte> value))
        {
            if (code == Dhcp6Option.DelegatedPrefixes
                || Dhcp6Association.TryParse(code, value, out Dhcp6Association association)
                    != ParseError.None)
            {
                continue;
            }

            hasAddress |= association.Options.TryFind(Dhcp6Option.Address, out _);
            isOnLink &= IsOnLink(association);
        }

        if (!hasAddress)
        {
            return 0;
        }

        return isOnLink
            ? WriteStatus(call, Dhcp6StatusCode.Success, "on this link"u8, reply)
            : WriteStatus(call, Dhcp6StatusCode.NotOnLink, "not on this link"u8, reply);
    }

    /// <summary>
    /// RELEASE (section 18.3.7) and DECLINE (18.3.8). Only who holds an address, by its MAC too,
    /// gives it back, so that no guest ends another's lease.
    /// </summary>
    private int GiveBack(in Call call, Span<byte> reply)
    {
        Dhcp6MessageWriter writer = Begin(call, Dhcp6MessageType.Reply, reply);
        writer.AddStatus(Dhcp6StatusCode.Success, default);
        Dhcp6OptionReader options = call.Message.Options;
        while (options.TryRead(out Dhcp6Option code, out ReadOnlySpan<byte> value))
        {
            if (Dhcp6Association.TryParse(code, value, out Dhcp6Association association)
                != ParseError.None)
            {
                continue;
            }

            Lease? lease = FindHeld(call, association);
            if (lease is null)
            {
                Refuse(ref writer, association, Dhcp6StatusCode.NoBinding, "no such lease"u8);
            }
            else if (!Names(association, lease.Address))
            {
                continue;
            }
            else if (call.Message.MessageType == Dhcp6MessageType.Decline)
            {
                Decline(lease, call.Now);
            }
            else
            {
                Release(lease, call.Now);
            }
        }

        return Finish(writer);
    }

    /// <summary>Section 18.3.6: options alone.</summary>
    private int Inform(in Call call, Span<byte> reply)
    {
        Dhcp6MessageWriter writer = Begin(call, Dhcp6MessageType.Reply, reply);
        AddParameters(ref writer, call, null);
        return Finish(writer);
    }

    private Lease? FindHeld(in Call call, in Dhcp6Association association)
    {
        if (association.Kind != Dhcp6Option.NonTemporaryAddresses)
        {
            return null;
        }

        Span<byte> room = stackalloc byte[AssociationKey.MaxLengthBytes];
        Lease? lease = _table.FindClient(
            AssociationKey.Write(call.Client, association.Identifier, room));
        return lease?.State == LeaseState.Bound && lease.Mac == call.From.Mac ? lease : null;
    }
}
