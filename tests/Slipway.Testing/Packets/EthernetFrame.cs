using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>An Ethernet frame as a test writes and reads it.</summary>
public sealed record EthernetFrame
{
    public MacAddress Destination { get; init; } = VirtualNetwork.GatewayMac;

    public MacAddress Source { get; init; } = VirtualNetwork.GuestMac;

    public ushort Type { get; init; } = 0x0800;

    public byte[] Payload { get; init; } = [];

    public byte[] ToBytes()
    {
        byte[] frame = new byte[14 + Payload.Length];
        Destination.Write(frame);
        Source.Write(frame.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), Type);
        Payload.CopyTo(frame, 14);
        return frame;
    }

    /// <summary>By its ethertype.</summary>
    public static bool IsIpv6(ReadOnlySpan<byte> frame) => Parse(frame).Type == 0x86dd;

    public static EthernetFrame Parse(ReadOnlySpan<byte> frame)
    {
        Malformed.If(frame.Length < 14, "a frame without a whole Ethernet header");
        return new EthernetFrame
        {
            Destination = MacAddress.Read(frame),
            Source = MacAddress.Read(frame[6..]),
            Type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]),
            Payload = frame[14..].ToArray(),
        };
    }
}
