using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What a guest may not tell other guests by IPv4: what only the network's router and its DHCP
/// server have to say. IPv6's is with neighbor discovery.
/// </summary>
internal static class Ipv4Guard
{
    /// <summary>ICMP's router advertisement (RFC 1256), beside the redirect.</summary>
    private const byte RouterAdvertisement = 9;

    /// <summary>
    /// Whether another guest may see the packet. All that tells stands in the first fragment.
    /// </summary>
    /// <param name="packet">Checked.</param>
    /// <param name="reason">Why not.</param>
    public static bool IsHarmless(in Ipv4Header packet, out DropReason reason)
    {
        reason = DropReason.RouterGuard;
        if (packet.FragmentOffsetBytes > 0)
        {
            return true;
        }

        ReadOnlySpan<byte> payload = packet.Payload;
        switch (packet.Protocol)
        {
            case IpProtocol.Icmp:
                return payload.IsEmpty || payload[0] is not (IcmpType.Redirect
                    or RouterAdvertisement);
            case IpProtocol.Udp:
                // A header that is cut, which other fragments would overlap, hides its port.
                reason = DropReason.ServerGuard;
                return payload.Length >= UdpHeader.LengthBytes
                    && BinaryPrimitives.ReadUInt16BigEndian(payload) != DhcpMessage.ServerPort;
            default:
                return true;
        }
    }
}
