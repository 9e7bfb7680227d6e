using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// An ARP packet for IPv4 over Ethernet, as a test writes and reads it (RFC 826).
/// </summary>
public sealed record ArpFrame
{
    /// <summary>1 is a request, 2 a reply.</summary>
    public ushort Operation { get; init; } = 1;

    public MacAddress SenderMac { get; init; } = VirtualNetwork.GuestMac;

    public IpAddress Sender { get; init; } = VirtualNetwork.Guest;

    public MacAddress TargetMac { get; init; }

    public IpAddress Target { get; init; } = VirtualNetwork.Gateway;

    /// <summary>The Ethernet destination: all for a request, the target for a reply.</summary>
    public MacAddress Destination { get; init; } = MacAddress.Broadcast;

    public byte[] ToFrame()
    {
        byte[] arp = new byte[28];
        BinaryPrimitives.WriteUInt64BigEndian(arp, 0x0001_0800_0604_0000ul | Operation);
        SenderMac.Write(arp.AsSpan(8));
        Sender.WriteIPv4(arp.AsSpan(14));
        TargetMac.Write(arp.AsSpan(18));
        Target.WriteIPv4(arp.AsSpan(24));
        return new EthernetFrame
        {
            Destination = Destination, Source = SenderMac, Type = 0x0806, Payload = arp,
        }.ToBytes();
    }

    public static ArpFrame ParseFrame(ReadOnlySpan<byte> frame)
    {
        EthernetFrame ethernet = EthernetFrame.Parse(frame);
        ReadOnlySpan<byte> arp = ethernet.Payload;
        Malformed.If(ethernet.Type != 0x0806 || arp.Length < 28, "no whole ARP packet");
        ulong fixedPart = BinaryPrimitives.ReadUInt64BigEndian(arp) & ~0xfffful;
        Malformed.If(fixedPart != 0x0001_0800_0604_0000, $"ARP of kind {fixedPart:x16}");
        return new ArpFrame
        {
            Operation = BinaryPrimitives.ReadUInt16BigEndian(arp[6..]),
            SenderMac = MacAddress.Read(arp[8..]),
            Sender = IpAddress.ReadIPv4(arp[14..]),
            TargetMac = MacAddress.Read(arp[18..]),
            Target = IpAddress.ReadIPv4(arp[24..]),
            Destination = ethernet.Destination,
        };
    }
}
