using System.Buffers.Binary;

namespace Slipway.Wire.Tests;

/// <summary>Parses whole frames and reads each accessor of each header that parsed.</summary>
internal static class FrameReader
{
    /// <summary>Parses a frame; the innermost error, or none.</summary>
    public static ParseError ReadEverything(ReadOnlySpan<byte> frame)
    {
        ParseError error = EthernetHeader.TryParse(frame, out EthernetHeader header);
        if (error != ParseError.None)
        {
            return error;
        }

        _ = (header.Destination, header.Source);
        return header.EtherType switch
        {
            EtherType.Arp => ReadArpPacket(header.Payload),
            EtherType.IPv4 => ReadIpPacket(header.Payload),
            _ => ParseError.None,
        };
    }

    public static ParseError ReadArpPacket(ReadOnlySpan<byte> payload)
    {
        ParseError error = ArpPacket.TryParse(payload, out ArpPacket packet);
        if (error == ParseError.None)
        {
            _ = (packet.Operation, packet.SenderHardwareAddress, packet.SenderProtocolAddress,
                packet.TargetHardwareAddress, packet.TargetProtocolAddress, packet.IsGratuitous);
        }

        return error;
    }

    public static ParseError ReadIpPacket(ReadOnlySpan<byte> bytes)
    {
        ParseError error = Ipv4Header.TryParse(bytes, out Ipv4Header header);
        if (error != ParseError.None)
        {
            return error;
        }

        _ = (header.TypeOfService, header.Identification, header.DontFragment, header.IsFragment,
            header.MoreFragments, header.FragmentOffsetBytes, header.Ttl);
        Assert.InRange(header.HeaderLengthBytes, 20, 60);
        Assert.Equal(header.TotalLengthBytes, header.Packet.Length);
        Assert.Equal(header.TotalLengthBytes,
            20 + header.Options.Length + header.Payload.Length);
        return header.Protocol switch
        {
            IpProtocol.Icmp => ReadIcmp(header.Payload),
            IpProtocol.Udp => ReadUdp(header),
            IpProtocol.Tcp => ReadTcp(header),
            _ => ParseError.None,
        };
    }

    /// <summary>Makes the checksums good again, so that lies behind them are reached.</summary>
    public static void Mend(Span<byte> frame)
    {
        if (frame.Length < 34 || frame[12] != 8 || frame[13] != 0)
        {
            return;
        }

        Span<byte> packet = frame[14..];
        int headerLength = (packet[0] & 15) * 4;
        if (headerLength < 20 || headerLength > packet.Length)
        {
            return;
        }

        Store(packet[..headerLength], 10, 0);
        int totalLength = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (totalLength < headerLength || totalLength > packet.Length)
        {
            return;
        }

        Span<byte> payload = packet[headerLength..totalLength];
        IpProtocol protocol = (IpProtocol)packet[9];
        int offset = protocol switch
        {
            IpProtocol.Icmp => 2,
            IpProtocol.Udp => 6,
            IpProtocol.Tcp => 16,
            _ => payload.Length,
        };
        ulong pseudo = protocol == IpProtocol.Icmp ? 0 : InternetChecksum.PseudoHeader(
            IpAddress.ReadIPv4(packet[12..]), IpAddress.ReadIPv4(packet[16..]), protocol,
            payload.Length);
        if (offset + 2 <= payload.Length)
        {
            Store(payload, offset, pseudo);
        }
    }

    private static void Store(Span<byte> bytes, int offset, ulong initial)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes[offset..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(
            bytes[offset..], InternetChecksum.Compute(bytes, initial));
    }

    private static ParseError ReadIcmp(ReadOnlySpan<byte> payload)
    {
        ParseError error = IcmpMessage.TryParse(payload, out IcmpMessage message);
        if (error == ParseError.None)
        {
            _ = (message.Type, message.Code, message.Identifier, message.SequenceNumber,
                message.NextHopMtuBytes, message.RestOfHeader, message.IsError);
            Assert.Equal(payload.Length, message.Body.Length + 8);
            Assert.Equal(payload.Length, message.Message.Length);
        }

        return error;
    }

    private static ParseError ReadUdp(in Ipv4Header packet)
    {
        ParseError error = UdpHeader.TryParse(
            packet.Payload, packet.Source, packet.Destination, out UdpHeader header);
        if (error == ParseError.None)
        {
            _ = (header.SourcePort, header.DestinationPort, header.HasChecksum);
            Assert.InRange(header.Payload.Length, 0, packet.Payload.Length - 8);
        }

        return error;
    }

    private static ParseError ReadTcp(in Ipv4Header packet)
    {
        ParseError error = TcpHeader.TryParse(
            packet.Payload, packet.Source, packet.Destination, out TcpHeader header);
        if (error != ParseError.None)
        {
            return error;
        }

        _ = (header.SourcePort, header.DestinationPort, header.SequenceNumber, header.Flags,
            header.AcknowledgmentNumber, header.Window, header.UrgentPointer);
        Assert.Equal(header.Segment.Length,
            20 + header.Options.Length + header.Payload.Length);
        error = TcpOptions.TryParse(header.Options, out TcpOptions options);
        for (int i = 0; i < options.SackBlockCount; i++)
        {
            _ = options.GetSackBlock(i);
        }

        return error;
    }
}
