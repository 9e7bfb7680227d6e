using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Where an answer goes (RFC 8415 section 18.3.10).</summary>
/// <param name="LengthBytes">Bytes of the UDP payload, from port 547 to port 546.</param>
/// <param name="Destination">The IP destination: the source of the client's message.</param>
/// <param name="DestinationMac">
/// The Ethernet destination: the message's sender, whom no solicitation has to find.
/// </param>
/// <param name="MessageType">Advertise or Reply.</param>
public readonly record struct Dhcp6Reply(
    int LengthBytes, IpAddress Destination, MacAddress DestinationMac,
    Dhcp6MessageType MessageType);
