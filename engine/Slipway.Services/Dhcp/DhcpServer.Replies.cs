using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>The replies: their options and where they go.</summary>
public sealed partial class DhcpServer
{
    private const int IpAndUdpHeaderLengthBytes = 28;

    /// <summary>An IP packet that every client can take (RFC 2131 section 2), in bytes.</summary>
    private const int MinimumPacketLengthBytes = 576;

    // What is sent, and in which order, to a client that names no parameters.
    private static ReadOnlySpan<byte> UsualParameters =>
    [
        (byte)DhcpOption.Router, (byte)DhcpOption.DomainNameServer, (byte)DhcpOption.HostName,
        (byte)DhcpOption.DomainName, (byte)DhcpOption.InterfaceMtu,
            (byte)DhcpOption.BroadcastAddress,
        (byte)DhcpOption.NetworkTimeServers, (byte)DhcpOption.DomainSearch,
    ];

    private DhcpReply Write(
        in DhcpMessage message, DhcpMessageType type, Lease lease, IpAddress clientAddress,
        Span<byte> reply)
    {
        DhcpMessageWriter writer = Begin(message, type, reply, clientAddress, lease.Address);
        uint seconds = (uint)_settings.LeaseTime.TotalSeconds;
        writer.Add(DhcpOption.LeaseTime, seconds);
        writer.Add(DhcpOption.RenewalTime, seconds / 2);
        writer.Add(DhcpOption.RebindingTime, seconds - (seconds / 8));
        AddParameters(ref writer, message, lease);
        Counters.OptionsOmitted += writer.OmittedCount;

        // RFC 2131 section 4.1: to ciaddr; else by broadcast if the client cannot take unicast yet.
        bool broadcast = clientAddress.IsUnspecified && message.WantsBroadcast;
        IpAddress destination = clientAddress.IsUnspecified ? lease.Address : clientAddress;
        return new DhcpReply(
            writer.Finish(),
            broadcast ? IpAddress.IPv4Broadcast : destination,
            broadcast ? MacAddress.Broadcast : message.ClientMac,
            type,
            lease.Address);
    }

    private DhcpReply WriteInformed(
        in DhcpMessage message, Lease? lease, IpAddress clientAddress, Span<byte> reply)
    {
        DhcpMessageWriter writer = Begin(
            message, DhcpMessageType.Ack, reply, message.ClientAddress, IpAddress.IPv4Any);
        AddParameters(ref writer, message, lease);
        Counters.OptionsOmitted += writer.OmittedCount;
        return new DhcpReply(
            writer.Finish(), clientAddress, message.ClientMac, DhcpMessageType.Ack,
            IpAddress.IPv4Any);
    }

    /// <summary>A NAK is always broadcast: the client's address is not to be relied on.</summary>
    private DhcpReply WriteNak(in DhcpMessage message, Span<byte> reply)
    {
        DhcpMessageWriter writer = Begin(
            message, DhcpMessageType.Nak, reply, IpAddress.IPv4Any, IpAddress.IPv4Any);
        AddClientIdentifier(ref writer, message);
        writer.Add(DhcpOption.Message, "address not available"u8);
        return new DhcpReply(
            writer.Finish(), IpAddress.IPv4Broadcast, MacAddress.Broadcast, DhcpMessageType.Nak,
            IpAddress.IPv4Any);
    }

    private DhcpMessageWriter Begin(
        in DhcpMessage message,
        DhcpMessageType type,
        Span<byte> reply,
        IpAddress clientAddress,
        IpAddress yourAddress)
    {
        int packet = MinimumPacketLengthBytes;
        if (message.TryGetOption(DhcpOption.MaximumMessageSize, out ReadOnlySpan<byte> size)
            && size.Length == 2)
        {
            packet = Math.Clamp(
                BinaryPrimitives.ReadUInt16BigEndian(size), packet,
                Math.Max(packet, _settings.MtuBytes));
        }

        Span<byte> room = reply[..Math.Min(reply.Length, packet - IpAndUdpHeaderLengthBytes)];
        DhcpMessageWriter writer =
            DhcpMessageWriter.Reply(message, room, clientAddress, yourAddress);
        writer.Add(DhcpOption.MessageType, (byte)type);
        writer.Add(DhcpOption.ServerIdentifier, _settings.Gateway);
        return writer;
    }

    /// <summary>
    /// What the client asked for, in its order (RFC 2132 section 9.8), each once. The mask stands
    /// before the router whatever the order (section 3.3).
    /// </summary>
    private void AddParameters(ref DhcpMessageWriter writer, in DhcpMessage message, Lease? lease)
    {
        if (!message.TryGetOption(DhcpOption.ParameterRequestList, out ReadOnlySpan<byte> wanted))
        {
            wanted = UsualParameters;
        }

        writer.Add(DhcpOption.SubnetMask, _settings.Subnet.IPv4Mask);
        AddClientIdentifier(ref writer, message);
        for (int i = 0; i < wanted.Length; i++)
        {
            if (!wanted[..i].Contains(wanted[i]))
            {
                AddParameter(ref writer, (DhcpOption)wanted[i], lease);
            }
        }
    }

    private void AddParameter(ref DhcpMessageWriter writer, DhcpOption option, Lease? lease)
    {
        switch (option)
        {
            case DhcpOption.Router:
                writer.Add(option, _settings.Gateway);
                break;
            case DhcpOption.DomainNameServer when _settings.DnsServers.Count == 0:
                writer.Add(option, _settings.Gateway);
                break;
            case DhcpOption.DomainNameServer:
                AddAddresses(ref writer, option, _settings.DnsServers);
                break;
            case DhcpOption.HostName when lease?.HostName is string name:
                AddAscii(ref writer, option, name);
                break;
            case DhcpOption.DomainName when _domainOption.Length > 0:
                writer.Add(option, _domainOption);
                break;
            case DhcpOption.InterfaceMtu:
                writer.Add(option, (ushort)_settings.MtuBytes);
                break;
            case DhcpOption.BroadcastAddress:
                writer.Add(option, _settings.Subnet.Last);
                break;
            case DhcpOption.NetworkTimeServers when _settings.NtpServers.Count > 0:
                AddAddresses(ref writer, option, _settings.NtpServers);
                break;
            case DhcpOption.DomainSearch when _searchOption.Length > 0:
                writer.Add(option, _searchOption);
                break;
            case DhcpOption.ClasslessRoutes or DhcpOption.ClasslessRoutesMicrosoft:
                writer.Add(option, _routesOption);
                break;
            default:
                break;
        }
    }

    /// <summary>RFC 6842: the client's identifier is repeated.</summary>
    private static void AddClientIdentifier(ref DhcpMessageWriter writer, in DhcpMessage message)
    {
        if (message.TryGetOption(DhcpOption.ClientIdentifier, out ReadOnlySpan<byte> identifier))
        {
            writer.Add(DhcpOption.ClientIdentifier, identifier);
        }
    }

    private static void AddAddresses(
        ref DhcpMessageWriter writer, DhcpOption option, IReadOnlyList<IpAddress> addresses)
    {
        const int MaxAddresses = 16;
        Span<byte> bytes = stackalloc byte[MaxAddresses * IpAddress.IPv4LengthBytes];
        int count = Math.Min(addresses.Count, MaxAddresses);
        for (int i = 0; i < count; i++)
        {
            addresses[i].WriteIPv4(bytes[(i * IpAddress.IPv4LengthBytes)..]);
        }

        writer.Add(option, bytes[..(count * IpAddress.IPv4LengthBytes)]);
    }

    private static void AddAscii(ref DhcpMessageWriter writer, DhcpOption option, string text)
    {
        Span<byte> bytes = stackalloc byte[HostNameLabel.MaxLength];
        int length = System.Text.Encoding.ASCII.GetBytes(text, bytes);
        writer.Add(option, bytes[..length]);
    }
}
