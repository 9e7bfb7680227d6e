using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Answers ARP (RFC 826) for the gateway and the virtual addresses, defends them (RFC 5227), and
/// learns who the guests are.
/// </summary>
/// <remarks>
/// Requests for other addresses are the guests' own matter: the switch floods them and nobody here
/// answers. A packet that claims one of the engine's addresses is dropped before it is flooded,
/// counted, and answered by an announcement to all ports, so that a guest that heard the claim
/// another way recovers; but once a second only, so that a flood of claims does not become one of
/// announcements (RFC 5227 section 2.4).
/// </remarks>
public sealed class ArpLayer(
    StackSettings settings, Counters counters, PacketOutput output, PortSet ports,
    NeighborTable neighbors)
{
    private static readonly Duration DefendInterval = Duration.FromSeconds(1);

    private Instant _nextDefence;

    /// <summary>
    /// Whether an ARP frame may be passed on: it is well-formed, and its sender, whose MAC the
    /// switch has judged, is not somebody else and tells of no address that is another guest's.
    /// What is refused is counted.
    /// </summary>
    public bool Inspect(IGuestPort port, in EthernetHeader header, Instant now)
    {
        ParseError error = ArpPacket.TryParse(header.Payload, out ArpPacket packet);
        if (error != ParseError.None)
        {
            counters.Malformed(error);
            return false;
        }

        MacAddress sender = packet.SenderHardwareAddress;
        if (sender != header.Source)
        {
            counters.Drop(DropReason.SpoofedMac);
            return false;
        }

        if (settings.IsVirtual(packet.SenderProtocolAddress))
        {
            counters.Drop(DropReason.SpoofedAddress);
            Defend(packet.SenderProtocolAddress, now);
            return false;
        }

        // A probe (sender 0.0.0.0) claims nothing yet.
        return !settings.IsGuest(packet.SenderProtocolAddress)
            || IsOwn(port, sender, packet.SenderProtocolAddress, now);
    }

    /// <summary>
    /// Whether an address is a guest's to speak of, as far as is known; one that is free becomes
    /// its own. What is refused is counted.
    /// </summary>
    internal bool IsOwn(IGuestPort port, MacAddress mac, IpAddress address, Instant now) =>
        neighbors.Learn(address, mac, port, now);

    /// <summary>Takes an ARP frame that was inspected.</summary>
    public void Receive(IGuestPort port, in EthernetHeader header, Instant now)
    {
        if (ArpPacket.TryParse(header.Payload, out ArpPacket packet) != ParseError.None)
        {
            return;
        }

        IpAddress sender = packet.SenderProtocolAddress;
        if (packet.Operation == ArpOperation.Request
            && settings.IsVirtual(packet.TargetProtocolAddress))
        {
            Send(
                new GuestRoute(port, packet.SenderHardwareAddress), ArpOperation.Reply,
                packet.TargetProtocolAddress, packet.SenderHardwareAddress, sender);
        }
    }

    /// <summary>
    /// Tells a guest that has come where the engine's addresses are (RFC 5227 section 2.3).
    /// </summary>
    public void Announce(IGuestPort port)
    {
        Announce(port, settings.Gateway);
        if (settings.HostAlias is IpAddress alias)
        {
            Announce(port, alias);
        }
    }

    /// <summary>
    /// Sends something to a guest that it answers if it lives, and by which a link notices that its
    /// guest has gone.
    /// </summary>
    public void Ask(in GuestRoute guest)
    {
        if (!neighbors.Ask(guest))
        {
            Announce(guest.Port, settings.Gateway);
        }
    }

    private void Defend(IpAddress claimed, Instant now)
    {
        if (now < _nextDefence)
        {
            return;
        }

        _nextDefence = now + DefendInterval;
        for (int i = 0; i < ports.Count; i++)
        {
            Announce(ports[i]);
            if (settings.Services.Current.IsVirtual(claimed))
            {
                Announce(ports[i], claimed);
            }
        }
    }

    private void Announce(IGuestPort port, IpAddress address) => Send(
        new GuestRoute(port, MacAddress.Broadcast), ArpOperation.Request, address, default,
        address);

    private void Send(
        in GuestRoute route, ArpOperation operation, IpAddress sender, MacAddress targetMac,
        IpAddress target)
    {
        Span<byte> packet = stackalloc byte[ArpPacket.LengthBytes];
        ArpPacket.Write(packet, operation, settings.GatewayMac, sender, targetMac, target);
        output.SendFrame(route, EtherType.Arp, packet);
    }
}
