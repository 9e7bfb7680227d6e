using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The stack of a worker that has a share of the flows and nothing else: no switch, no services.
/// </summary>
/// <remarks>
/// Theory of operation. A guest's first frames go through the keeper of the switch, which judges
/// them and hands on those of this worker's flows (<see cref="OnCheckedFrame"/>). From then on
/// frames that arrive at a queue of this worker's own are taken without a detour
/// (<see cref="OnFrame"/>), as long as nothing about them needs the keeper: whole TCP or UDP
/// packets to the gateway's MAC, of a guest that it believes. All others are passed on as they
/// are.
/// </remarks>
public sealed class ShardStack : IFrameReceiver
{
    private readonly FlowSharding _sharding;
    private readonly int _worker;
    private readonly IFrameRelay _relay;

    public ShardStack(
        StackSettings settings, Counters counters, IHostNetwork network, IHostListeners listeners,
        IStreamServices services, INeighborKeeper keeper, FlowSharding sharding, int worker,
        IFrameRelay relay)
    {
        StackParts parts = new(settings, counters, network, listeners, services);
        _sharding = sharding;
        _worker = worker;
        _relay = relay;
        Neighbors = new NeighborCache(settings, keeper, parts.Timers);
        Flows = new FlowStack(parts, Neighbors);
        Flows.Tcp.Owns = key => sharding.WorkerOf(key) == worker;
    }

    public FlowStack Flows { get; }

    public NeighborCache Neighbors { get; }

    // The keeper announces the gateway.
    public void OnPortOpened(IGuestPort port, Instant now) =>
        Flows.Counters.Guests.OnPortOpened();

    public void OnFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now)
    {
        int worker = WorkerOf(port, frame, offload, now, out EthernetHeader header);
        if (worker == FlowSharding.Keeper)
        {
            _relay.PassToKeeper(port, frame, offload);
        }
        else if (worker != _worker)
        {
            _relay.PassToShard(worker, port, frame, offload);
        }
        else
        {
            IFrameCapture? capture = Flows.Capture;
            capture?.Begin(port, frame);
            Flows.Counters.FramesReceived++;
            Flows.Counters.BytesReceived += frame.Length;
            Flows.TryReceive(port, header, offload, now);
            capture?.End();
        }
    }

    /// <summary>
    /// A frame of a flow of this worker that the keeper has found good, or another worker by what
    /// it believes of the keeper: then it is believed here only if its guest is. It may be longer
    /// than the link's: of fragments that were put together.
    /// </summary>
    public void OnCheckedFrame(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, bool isByKeeper,
        Instant now)
    {
        if (EthernetHeader.TryParse(frame, out EthernetHeader header) != ParseError.None
            || !TryRead(header, out FlowPacket packet))
        {
            return;
        }

        if (isByKeeper)
        {
            Neighbors.Confirm(packet.Source, new GuestRoute(port, header.Source), now);
        }
        else if (!Neighbors.Learn(packet.Source, header.Source, port, now))
        {
            _relay.PassToKeeper(port, frame, offload);
            return;
        }

        Flows.TryReceive(port, header, offload, now);
    }

    public void OnFrames(IGuestPort port, FrameBatch batch, Instant now)
    {
        batch.FetchAll(); // one may have to be passed on
        Flows.HandOn(batch, this, port, now);
    }

    public void OnPortWritable(IGuestPort port, Instant now) => Flows.Tcp.OnPortWritable(port);

    public void OnPortClosed(IGuestPort port, Instant now)
    {
        Neighbors.OnPortClosed(port);
        Flows.OnPortClosed(port, now);
    }

    // Whose flow it is of; the keeper's if there is anything about it that only it can judge.
    private int WorkerOf(
        IGuestPort port, ReadOnlySpan<byte> frame, in FrameOffload offload, Instant now,
        out EthernetHeader header)
    {
        int largest = offload.IsSegmented
            ? IGuestPort.LargestSegmentedBytes : port.MaxFrameLengthBytes;
        return EthernetHeader.TryParse(frame, out header) == ParseError.None
            && frame.Length <= largest && header.Destination == Flows.Settings.GatewayMac
            && TryRead(header, out FlowPacket packet)
            && !packet.IsFragment && packet.Protocol is (IpProtocol.Tcp or IpProtocol.Udp)
            && Neighbors.Learn(packet.Source, header.Source, port, now)
            ? _sharding.WorkerOf(
                packet.Protocol, packet.Source, packet.Destination, packet.Payload)
            : FlowSharding.Keeper;
    }

    private static bool TryRead(in EthernetHeader frame, out FlowPacket packet)
    {
        packet = default;
        if (frame.EtherType == EtherType.IPv4
            && Ipv4Header.TryParse(frame.Payload, out Ipv4Header header) == ParseError.None)
        {
            packet = new FlowPacket
            {
                Source = header.Source,
                Destination = header.Destination,
                Protocol = header.Protocol,
                IsFragment = header.IsFragment,
                Payload = header.Payload,
            };
            return true;
        }

        if (frame.EtherType != EtherType.IPv6
            || Ipv6Header.TryParse(frame.Payload, out Ipv6Header header6) != ParseError.None)
        {
            return false;
        }

        packet = new FlowPacket
        {
            Source = header6.Source,
            Destination = header6.Destination,
            Protocol = header6.Protocol,
            IsFragment = header6.Extensions.IsFragment
                || header6.Extensions.Problem != Ipv6Problem.None,
            Payload = header6.Payload,
        };
        return true;
    }

    // What of a packet tells whose it is.
    private readonly ref struct FlowPacket
    {
        public required IpAddress Source { get; init; }

        public required IpAddress Destination { get; init; }

        public required IpProtocol Protocol { get; init; }

        public required bool IsFragment { get; init; }

        public required ReadOnlySpan<byte> Payload { get; init; }
    }
}
