using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// A packet from a guest whose IP header has been checked and, where it came in fragments, that has
/// been put together again. Lives for one call.
/// </summary>
public readonly ref struct GuestPacket
{
    /// <summary>Where the answer goes.</summary>
    public required GuestRoute Route { get; init; }

    public required IpAddress Source { get; init; }

    public required IpAddress Destination { get; init; }

    public required IpProtocol Protocol { get; init; }

    /// <summary>Time to live as it arrived, not yet decremented.</summary>
    public required byte Ttl { get; init; }

    public required byte TypeOfService { get; init; }

    public required bool DontFragment { get; init; }

    /// <summary>20 bits (RFC 6437); 0 for IPv4.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>
    /// True when the frame came to a group address: no ICMP error may be sent about it (RFC 1122
    /// section 3.2.2).
    /// </summary>
    public bool IsLinkBroadcast { get; init; }

    /// <summary>
    /// What the guest has left to be done; it fits the packet, and is nothing for one that came in
    /// fragments.
    /// </summary>
    public FrameOffload Offload { get; init; }

    /// <summary>What is above IP.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>
    /// The IP header and the start of the payload, to be quoted in an ICMP error.
    /// </summary>
    public required ReadOnlySpan<byte> Quote { get; init; }

    /// <summary>
    /// How the host is to send what the packet carries. An IPv6 packet that each link of IPv6
    /// carries may be more than one of IPv4 does, which is no error there (RFC 7915 section 5.1).
    /// </summary>
    /// <param name="remote">The host's name for the destination.</param>
    /// <param name="ttl">Hops that are left.</param>
    public DatagramOptions OptionsTo(IpAddress remote, int ttl)
    {
        bool isShort = !Source.IsIPv4 && remote.IsIPv4
            && Quote.Length <= Ipv6Header.MinimumMtuBytes;
        return new DatagramOptions((byte)ttl, TypeOfService, DontFragment && !isShort);
    }
}
