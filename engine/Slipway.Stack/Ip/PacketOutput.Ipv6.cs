using System.Runtime.InteropServices;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>IPv6 packets that may be longer than the link carries.</summary>
public sealed partial class PacketOutput
{
    // What is said of a datagram in each of its fragments.
    private readonly record struct Ipv6Packet(
        IpAddress Source, IpAddress Destination, IpProtocol Protocol, byte HopLimit,
        byte TrafficClass, uint FlowLabel);

    private bool SendFragmented6(
        in GuestRoute route, in Ipv6Packet packet, ReadOnlySpan<byte> payload, int mtuBytes)
    {
        int roomBytes = mtuBytes - Ipv6Header.LengthBytes;
        if (payload.Length <= roomBytes)
        {
            return SendPiece6(route, packet, packet.Protocol, payload, default);
        }

        int pieceBytes = (roomBytes - Ipv6Extensions.FragmentLengthBytes) & ~7;
        uint identification = NextIdentification6();
        Span<byte> header = stackalloc byte[Ipv6Extensions.FragmentLengthBytes];
        for (int offset = 0; offset < payload.Length; offset += pieceBytes)
        {
            int length = Math.Min(pieceBytes, payload.Length - offset);
            Ipv6Extensions.WriteFragment(
                header, packet.Protocol, offset, offset + length < payload.Length,
                identification);
            if (!SendPiece6(
                route, packet, IpProtocol.Fragment, payload.Slice(offset, length), header))
            {
                return false;
            }
        }

        return true;
    }

    private bool SendPiece6(
        in GuestRoute route, in Ipv6Packet packet, IpProtocol nextHeader,
        ReadOnlySpan<byte> piece, ReadOnlySpan<byte> extension)
    {
        int lengthBytes = extension.Length + piece.Length;
        Span<byte> frame = route.Port.Reserve(Ipv6HeadersLengthBytes + lengthBytes);
        if (frame.IsEmpty)
        {
            counters.Drop(DropReason.LinkFull);
            return false;
        }

        Span<byte> rest = frame[Ipv6HeadersLengthBytes..];
        extension.CopyTo(rest);
        piece.CopyTo(rest[extension.Length..]);
        Ipv6Header.Write(
            frame[EthernetHeader.LengthBytes..], lengthBytes, packet.TrafficClass,
            packet.FlowLabel, nextHeader, packet.HopLimit, packet.Source, packet.Destination);
        return CommitFrame(
            route, EtherType.IPv6, Ipv6Header.LengthBytes + lengthBytes, default);
    }

    // Not to be foretold (RFC 7739 section 5.3).
    private uint NextIdentification6()
    {
        _identified++;
        ReadOnlySpan<ulong> number = new(in _identified);
        return (uint)SipHash.Hash(
            MemoryMarshal.AsBytes(number), ~settings.Seed.High, settings.Seed.Low);
    }
}
