using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// Makes of mutated bytes a frame that a guest could send: source and checksums are right, unless
/// the input's last byte says that they are to stay as they are.
/// </summary>
internal static class FrameMender
{
    private const int Ethernet = 14;

    public static byte[] Mend(ReadOnlySpan<byte> bytes, bool isOther)
    {
        byte[] frame = bytes.ToArray();
        bool isLeft = frame.Length > 0 && (frame[^1] & 0x0f) == 0x0f;
        if (frame.Length < Ethernet + 20 || isLeft)
        {
            return frame;
        }

        if (isOther)
        {
            frame[11] = 3;
        }

        Span<byte> packet = frame.AsSpan(Ethernet);
        switch (BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)))
        {
            case 0x0800:
                Mend4(packet);
                break;
            case 0x86dd when packet.Length >= 40:
                Mend6(packet);
                break;
        }

        return frame;
    }

    private static void Mend4(Span<byte> packet)
    {
        packet[0] = (byte)(0x40 | Math.Max(5, packet[0] & 0xf));
        int header = (packet[0] & 0xf) * 4;
        if (header > packet.Length)
        {
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
        Put(packet[..header], 10, 0);
        bool isPiece = (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3fff) != 0;
        if (!isPiece)
        {
            IpAddress from = IpAddress.ReadIPv4(packet[12..]);
            IpAddress to = IpAddress.ReadIPv4(packet[16..]);
            MendPayload((IpProtocol)packet[9], packet[header..], from, to);
        }
    }

    private static void Mend6(Span<byte> packet)
    {
        packet[0] = (byte)(0x60 | (packet[0] & 0xf));
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)(packet.Length - 40));
        IpAddress from = IpAddress.ReadIPv6(packet[8..]);
        IpAddress to = IpAddress.ReadIPv6(packet[24..]);
        MendPayload((IpProtocol)packet[6], packet[40..], from, to);
    }

    private static void MendPayload(
        IpProtocol protocol, Span<byte> payload, IpAddress from, IpAddress to)
    {
        int at = protocol switch
        {
            IpProtocol.Tcp => 16,
            IpProtocol.Udp => 6,
            IpProtocol.Icmp or IpProtocol.IcmpV6 => 2,
            _ => -1,
        };
        if (at < 0 || payload.Length < at + 2)
        {
            return;
        }

        if (protocol == IpProtocol.Udp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[4..], (ushort)payload.Length);
        }

        Put(payload, at, protocol == IpProtocol.Icmp ? 0
            : InternetChecksum.PseudoHeader(from, to, protocol, payload.Length));
    }

    private static void Put(Span<byte> bytes, int at, ulong initial)
    {
        bytes[at..(at + 2)].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(
            bytes[at..], InternetChecksum.Compute(bytes, initial));
    }
}
