using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Where a reply goes, and what it says (RFC 2131 section 4.1).</summary>
/// <param name="LengthBytes">Bytes of the reply: the UDP payload, from port 67 to port 68.</param>
/// <param name="Destination">The IP destination: the client's address, or 255.255.255.255.</param>
/// <param name="DestinationMac">
/// The Ethernet destination. The client does not answer ARP before it has its address, so it is
/// chaddr, or the broadcast address with a broadcast IP destination.
/// </param>
/// <param name="MessageType">Offer, Ack or Nak.</param>
/// <param name="LeasedAddress">The address offered or leased; unspecified in a NAK.</param>
public readonly record struct DhcpReply(
    int LengthBytes,
    IpAddress Destination,
    MacAddress DestinationMac,
    DhcpMessageType MessageType,
    IpAddress LeasedAddress)
{
    public bool IsBroadcast => Destination == IpAddress.IPv4Broadcast;
}
