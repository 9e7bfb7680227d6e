using System.Buffers.Binary;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Which worker a flow belongs to, for good: a keyed hash of what makes the flow, so that a guest
/// cannot choose flows that meet at one worker.
/// </summary>
/// <remarks>
/// <code>
///   TCP                       by both endpoints
///   UDP to the outside        by the guest's endpoint, which has one socket for all remotes
///   UDP to the gateway        worker 0, where its services and the published ports are
///   UDP from a published port whose clients the guest sees: worker 0
///   ICMP about a TCP segment  by the quoted segment's endpoints
///   all else                  worker 0
/// </code>
/// </remarks>
public sealed class FlowSharding(StackSettings settings, int workers)
{
    /// <summary>The worker that keeps the switch, the neighbors and the services.</summary>
    public const int Keeper = 0;

    private const int PortsLengthBytes = 4;

    // Another key than that of the flow tables, whose places depend on the same bits.
    private readonly KeyHash _hash = new(new Seed128(settings.Seed.High, ~settings.Seed.Low));

    public int Workers => workers;

    // Guests' UDP ports whose datagrams are the keeper's: replaced as a whole.
    private volatile HashSet<ushort>? _kept;

    /// <summary>The worker of a TCP or UDP flow to the outside.</summary>
    public int WorkerOf(in FlowKey key) => (int)(((_hash.Of(key) >> 32) * (ulong)workers) >> 32);

    /// <summary>The worker of a packet that is no fragment.</summary>
    /// <param name="protocol">What the payload is.</param>
    /// <param name="source">The guest.</param>
    /// <param name="destination">As the guest names it.</param>
    /// <param name="payload">What is above IP; it need not be well-formed.</param>
    public int WorkerOf(
        IpProtocol protocol, IpAddress source, IpAddress destination, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < PortsLengthBytes)
        {
            return Keeper;
        }

        ushort sourcePort = BinaryPrimitives.ReadUInt16BigEndian(payload);
        ushort destinationPort = BinaryPrimitives.ReadUInt16BigEndian(payload[2..]);
        IpEndpoint guest = new(source, sourcePort);
        switch (protocol)
        {
            case IpProtocol.Tcp:
                return WorkerOf(
                    new FlowKey(guest, new IpEndpoint(destination, destinationPort), protocol));
            case IpProtocol.Udp when IsOutside(destination) && _kept?.Contains(sourcePort) != true:
                return WorkerOf(UdpLayer.KeyOf(guest, source));
            case IpProtocol.Icmp when IcmpMessage.TryParse(payload, out IcmpMessage message)
                == ParseError.None
                && IcmpLayer.TryReadQuotedSegment(message, out FlowKey key, out _):
                return WorkerOf(key);
            case IpProtocol.IcmpV6 when IcmpMessage.TryReadVerified(
                payload, out IcmpMessage message) == ParseError.None
                && Icmpv6Layer.TryReadQuotedSegment(message, out FlowKey key, out _):
                return WorkerOf(key);
            default:
                return Keeper;
        }
    }

    /// <summary>What guests send from these UDP ports is the keeper's, from any thread.</summary>
    public void KeepUdp(HashSet<ushort> ports) => _kept = ports.Count > 0 ? ports : null;

    private bool IsOutside(IpAddress destination) => !settings.IsGateway(destination)
        && !settings.IsBroadcast(destination) && !destination.IsMulticast;
}
