using Slipway.Wire;

namespace Slipway.Services;

/// <summary>The identity associations of a message, and what each is answered.</summary>
public sealed partial class Dhcp6Server
{
    /// <summary>Addresses that one message is given; a guest has one interface here.</summary>
    private const int MaxAssociations = 4;

    /// <summary>
    /// Addresses in an association that are told to be given up: more would leave the answer no
    /// room for the one that is given.
    /// </summary>
    private const int MaxRevoked = 8;

    /// <summary>Answers every association, and adds the options.</summary>
    private int AnswerAssociations(ref Dhcp6MessageWriter writer, in Call call, bool isOffer)
    {
        Lease? first = null;
        int count = 0;
        Dhcp6OptionReader options = call.Message.Options;
        while (options.TryRead(out Dhcp6Option code, out ReadOnlySpan<byte> value))
        {
            if (Dhcp6Association.TryParse(code, value, out Dhcp6Association association)
                != ParseError.None)
            {
                continue;
            }

            if (code == Dhcp6Option.NonTemporaryAddresses && count++ < MaxAssociations)
            {
                Lease? lease = AnswerAddresses(
                    ref writer, call, association, isOffer, isNamed: first is null);
                first ??= lease;
                continue;
            }

            Counters.AssociationsRefused++;
            if (code == Dhcp6Option.DelegatedPrefixes)
            {
                Refuse(ref writer, association, Dhcp6StatusCode.NoPrefixAvailable, "no prefix"u8);
            }
            else
            {
                RefuseAddresses(ref writer, association);
            }
        }

        AddParameters(ref writer, call, first);
        return Finish(writer);
    }

    /// <returns>The lease; null if the association has none.</returns>
    private Lease? AnswerAddresses(
        ref Dhcp6MessageWriter writer, in Call call, in Dhcp6Association association, bool isOffer,
        bool isNamed)
    {
        Dhcp6MessageType type = call.Message.MessageType;
        if (type == Dhcp6MessageType.Request && !IsOnLink(association))
        {
            Refuse(ref writer, association, Dhcp6StatusCode.NotOnLink, "not on this link"u8);
            return null;
        }

        Lease? lease = _settings.AssignsAddresses
            ? LeaseOf(call, association, isOffer, isNamed) : null;
        bool isExtension = type is Dhcp6MessageType.Renew or Dhcp6MessageType.Rebind;
        if (lease is null && !isExtension)
        {
            RefuseAddresses(ref writer, association);
            return null;
        }

        uint seconds = (uint)_settings.LeaseTime.TotalSeconds;
        writer.OpenAssociation(
            association.Kind, association.Identifier,
            lease is null ? 0 : seconds / 2, lease is null ? 0 : seconds - (seconds / 5));
        if (lease is null)
        {
            AddNoAddress(ref writer);
        }
        else
        {
            writer.Add(new Dhcp6Address(lease.Address, seconds, seconds));
        }

        if (isExtension)
        {
            Revoke(ref writer, association, lease?.Address ?? default);
        }

        writer.CloseAssociation();
        return lease;
    }

    /// <summary>
    /// The association's lease, made if there is none: of the address that it names if that is
    /// free. The first of a client carries its name.
    /// </summary>
    private Lease? LeaseOf(
        in Call call, in Dhcp6Association association, bool isOffer, bool isNamed)
    {
        Span<byte> room = stackalloc byte[AssociationKey.MaxLengthBytes];
        ReadOnlySpan<byte> key = AssociationKey.Write(call.Client, association.Identifier, room);
        MacAddress mac = call.From.Mac;
        Lease? lease = _table.Find(key, mac);
        if (lease is null)
        {
            TryGetFirst(association, out IpAddress wanted);
            lease = _table.Offer(
                key, mac, call.From.Port, wanted, call.Now, out bool evicted);
            Counters.OffersEvicted += evicted ? 1 : 0;
        }
        else if (isOffer)
        {
            _table.Reserve(lease, key, mac);
        }

        if (lease is null)
        {
            Counters.PoolExhausted++;
        }
        else if (!isOffer)
        {
            _table.Adopt(lease, key, mac);
            lease.Port = call.From.Port;
            Bind(lease, isNamed ? AskedName(call.Message) : null, call.Now);
        }

        return lease;
    }

    /// <summary>
    /// Section 18.3.4: what the client has beside its lease gets lifetimes of zero.
    /// </summary>
    private static void Revoke(
        ref Dhcp6MessageWriter writer, in Dhcp6Association association, IpAddress kept)
    {
        int count = 0;
        Dhcp6OptionReader options = association.Options;
        while (count < MaxRevoked && TryReadAddress(ref options, out IpAddress address))
        {
            if (address != kept)
            {
                writer.Add(new Dhcp6Address(address, 0, 0));
                count++;
            }
        }
    }

    private static void RefuseAddresses(
        ref Dhcp6MessageWriter writer, in Dhcp6Association association)
    {
        writer.OpenAssociation(association.Kind, association.Identifier, 0, 0);
        AddNoAddress(ref writer);
        writer.CloseAssociation();
    }

    private static void AddNoAddress(ref Dhcp6MessageWriter writer) =>
        writer.AddStatus(Dhcp6StatusCode.NoAddressesAvailable, "no address is free"u8);

    private static void Refuse(
        ref Dhcp6MessageWriter writer, in Dhcp6Association association, Dhcp6StatusCode status,
        ReadOnlySpan<byte> message)
    {
        writer.OpenAssociation(association.Kind, association.Identifier, 0, 0);
        writer.AddStatus(status, message);
        writer.CloseAssociation();
    }

    private bool IsOnLink(in Dhcp6Association association)
    {
        Dhcp6OptionReader options = association.Options;
        while (TryReadAddress(ref options, out IpAddress address))
        {
            if (!_settings.Prefix.Contains(address))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Names(in Dhcp6Association association, IpAddress wanted)
    {
        Dhcp6OptionReader options = association.Options;
        while (TryReadAddress(ref options, out IpAddress address))
        {
            if (address == wanted)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryGetFirst(in Dhcp6Association association, out IpAddress address)
    {
        Dhcp6OptionReader options = association.Options;
        return TryReadAddress(ref options, out address);
    }

    private static bool TryReadAddress(ref Dhcp6OptionReader options, out IpAddress address)
    {
        while (options.TryRead(out Dhcp6Option code, out ReadOnlySpan<byte> value))
        {
            if (code == Dhcp6Option.Address
                && Dhcp6Address.TryRead(value, out Dhcp6Address read) == ParseError.None)
            {
                address = read.Address;
                return true;
            }
        }

        address = default;
        return false;
    }

    /// <summary>The first label of option 39; null without a name that can be one.</summary>
    private static string? AskedName(in Dhcp6Message message) =>
        message.TryGetOption(Dhcp6Option.ClientName, out ReadOnlySpan<byte> value)
        && Dhcp6ClientName.TryParse(value, out Dhcp6ClientName name) == ParseError.None
            ? HostNameLabel.Sanitise(name.FirstLabel) : null;
}
