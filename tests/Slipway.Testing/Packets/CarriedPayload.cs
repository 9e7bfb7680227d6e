using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>A payload of either family of IP, and how to write another one in its place.</summary>
internal sealed record CarriedPayload
{
    public required IpAddress Source { get; init; }

    public required IpAddress Destination { get; init; }

    public required IpProtocol Protocol { get; init; }

    /// <summary>Where the payload begins in the frame, in bytes.</summary>
    public required int OffsetBytes { get; init; }

    public required bool IsPiece { get; init; }

    public required byte[] Payload { get; init; }

    /// <summary>An IP packet of another payload, the so manieth of a cut.</summary>
    public required Func<byte[], int, byte[]> Write { get; init; }

    public static CarriedPayload Of(ReadOnlySpan<byte> frame)
    {
        if (!EthernetFrame.IsIpv6(frame))
        {
            return Of(Ipv4Packet.ParseFrame(frame));
        }

        Ipv6Packet packet = Ipv6Packet.ParseFrame(frame);
        return new CarriedPayload
        {
            Source = packet.Source,
            Destination = packet.Destination,
            Protocol = packet.Protocol,
            OffsetBytes = 14 + packet.PayloadOffsetBytes,
            IsPiece = packet.IsPiece,
            Payload = packet.Payload,
            Write = (payload, _) => (packet with { Payload = payload }).ToBytes(),
        };
    }

    private static CarriedPayload Of(Ipv4Packet packet) => new()
    {
        Source = packet.Source,
        Destination = packet.Destination,
        Protocol = packet.Protocol,
        OffsetBytes = 14 + packet.HeaderLengthBytes,
        IsPiece = packet.MoreFragments || packet.FragmentOffsetBytes > 0,
        Payload = packet.Payload,
        Write = (payload, number) => (packet with
        {
            Identification = (ushort)(packet.Identification + number), Payload = payload,
        }).ToBytes(),
    };
}
