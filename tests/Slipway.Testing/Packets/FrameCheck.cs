using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// Reads a whole frame, every layer of it, and throws if anything in it is not right.
/// </summary>
public static class FrameCheck
{
    public static void MustBeWellFormed(ReadOnlySpan<byte> frame)
    {
        if (EthernetFrame.Parse(frame).Type == 0x0806)
        {
            _ = ArpFrame.ParseFrame(frame);
            return;
        }

        if (EthernetFrame.IsIpv6(frame))
        {
            MustBeWellFormed(Ipv6Packet.ParseFrame(frame));
            return;
        }

        Ipv4Packet packet = Ipv4Packet.ParseFrame(frame);
        if (packet.MoreFragments || packet.FragmentOffsetBytes > 0)
        {
            return; // what is above IP is whole only when it is put together
        }

        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                _ = Segment.Parse(packet);
                break;
            case IpProtocol.Udp:
                _ = Datagram.Parse(packet);
                break;
            case IpProtocol.Icmp:
                IcmpPacket message = IcmpPacket.Parse(packet);
                _ = message.IsError ? message.Quote : null;
                break;
            default:
                throw new ExpectationException($"a frame carries protocol {packet.Protocol}");
        }
    }

    private static void MustBeWellFormed(Ipv6Packet packet)
    {
        if (packet.IsPiece)
        {
            return;
        }

        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                _ = Segment.Parse(packet);
                break;
            case IpProtocol.Udp:
                _ = Datagram.Parse(packet);
                break;
            case IpProtocol.IcmpV6:
                IcmpPacket message = IcmpPacket.Parse(packet);
                _ = message.IsError ? message.Quote6 : null;
                _ = message.Type is >= 133 and <= 137 ? NeighborMessage.Parse(message) : null;
                break;
            default:
                throw new ExpectationException($"a frame carries next header {packet.Protocol}");
        }
    }

    public static bool IsWellFormed(ReadOnlySpan<byte> frame)
    {
        try
        {
            MustBeWellFormed(frame);
            return true;
        }
        catch (ExpectationException)
        {
            return false;
        }
    }
}
