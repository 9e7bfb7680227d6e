using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Many datagrams at once: to a guest as one frame that its link cuts, to the host as one send that
/// its kernel cuts.
/// </summary>
public sealed partial class UdpLayer
{
    /// <summary>Longer datagrams are not worth a copy: few make a send already.</summary>
    private const int LargestGathered = 8 * 1024;

    private const int MostGathered = 64;

    private readonly byte[] _gathered = new byte[ushort.MaxValue];
    private UdpFlow? _gatheredFlow;
    private IpEndpoint _gatheredRemote;
    private IpEndpoint _gatheredDestination;
    private DatagramOptions _gatheredOptions;
    private int _gatheredBytes;
    private int _gatheredSegmentBytes;
    private int _gatheredCount;
    private bool _isGatheredClosed;

    /// <summary>End of the turn: what was gathered goes.</summary>
    public void Flush(Instant now)
    {
        if (_gatheredFlow is not UdpFlow flow)
        {
            return;
        }

        _gatheredFlow = null;
        HostError error = flow.SendSegments(
            _gatheredRemote, _gathered.AsSpan(0, _gatheredBytes), _gatheredSegmentBytes,
            _gatheredOptions, now);
        if (error != HostError.None)
        {
            RefuseGathered(flow, error, now);
        }
    }

    /// <summary>
    /// Whether a run goes to a guest as one frame: its link cuts it, and each piece fits.
    /// </summary>
    private bool IsCut(in GuestRoute route, in DatagramRun run)
    {
        const Offloads needed = Offloads.Checksum | Offloads.UdpSegments;
        return run.LengthBytes > run.SegmentBytes && run.IsCuttable
            && (route.Port.Offloads & needed) == needed
            && UdpHeader.LengthBytes + run.SegmentBytes <= _output.MaxPayloadLengthBytes;
    }

    /// <summary>Passes a run on to the guest in one frame.</summary>
    /// <returns>False when the link has no room for so much.</returns>
    private bool SendRun(
        in GuestRoute route, in IpEndpoint source, in IpEndpoint guest, DatagramBatch batch,
        in DatagramRun run)
    {
        Span<byte> datagram = PacketOutput.Reserve(
            route.Port, UdpHeader.LengthBytes + run.LengthBytes);
        if (datagram.IsEmpty)
        {
            return false;
        }

        Span<byte> rest = datagram[UdpHeader.LengthBytes..];
        for (int i = run.First; i < run.First + run.Count; i++)
        {
            int length = batch.LengthBytes(i);
            batch.Slot(i)[..length].CopyTo(rest);
            rest = rest[length..];
        }

        UdpHeader.Write(
            datagram, source.Port, guest.Port, source.Address, guest.Address,
            leaveChecksumOpen: true);
        FrameOffload offload = new()
        {
            ChecksumStart = PacketOutput.HeadersLengthBytes,
            ChecksumOffset = UdpHeader.ChecksumOffset,
            Kind = SegmentKind.Udp,
            SegmentBytes = (ushort)run.SegmentBytes,
            HeaderBytes = PacketOutput.HeadersLengthBytes + UdpHeader.LengthBytes,
        };
        _output.Commit(
            route, source.Address, guest.Address, IpProtocol.Udp, datagram.Length,
            dontFragment: false, offload: offload);
        return true;
    }

    /// <summary>Passes a run on to the guest of a flow.</summary>
    /// <returns>False when it is to go datagram by datagram.</returns>
    internal bool TrySendRun(
        UdpFlow flow, in IpEndpoint remote, DatagramBatch batch, in DatagramRun run)
    {
        return flow.TakesOffloads && TryFindRoute(flow, out GuestRoute route)
            && IsCut(route, run) && SendRun(route, remote, flow.Guest, batch, run);
    }

    /// <summary>
    /// Gathers a guest's datagram with those before it. What does not go with them sends them.
    /// </summary>
    private void Gather(
        UdpFlow flow, in IpEndpoint remote, in GuestPacket packet, in UdpHeader header, Instant now)
    {
        int length = header.Payload.Length;
        DatagramOptions options = OptionsOf(packet);
        bool fits = _gatheredFlow == flow && !_isGatheredClosed && _gatheredRemote == remote
            && _gatheredOptions == options && length > 0 && length <= _gatheredSegmentBytes
            && _gatheredCount < MostGathered && !packet.Offload.IsSegmented
            && _gatheredBytes + length <= DatagramRun.MostBytes;
        if (!fits)
        {
            Flush(now);
            _gatheredFlow = flow;
            _gatheredRemote = remote;
            _gatheredDestination = new IpEndpoint(packet.Destination, header.DestinationPort);
            _gatheredOptions = options;
            _gatheredBytes = 0;
            _gatheredCount = 0;
            _gatheredSegmentBytes = packet.Offload.IsSegmented
                ? packet.Offload.SegmentBytes : length;
        }

        header.Payload.CopyTo(_gathered.AsSpan(_gatheredBytes));
        _gatheredBytes += length;
        _gatheredCount++;
        _isGatheredClosed = length != _gatheredSegmentBytes;
        if (length == 0 || length > LargestGathered)
        {
            Flush(now);
        }
    }

    private void RefuseGathered(UdpFlow flow, HostError error, Instant now)
    {
        Counters.Drop(
            error == HostError.NoResources ? DropReason.HostResources : DropReason.HostSend);
        if (IcmpCodeOf(error) is not byte code || !TryFindRoute(flow, out GuestRoute route))
        {
            return;
        }

        Span<byte> datagram =
            stackalloc byte[UdpHeader.LengthBytes + DatagramTurn.QuoteLengthBytes];
        int quoted = Math.Min(
            Math.Min(_gatheredBytes, _gatheredSegmentBytes), DatagramTurn.QuoteLengthBytes);
        datagram = datagram[..(UdpHeader.LengthBytes + quoted)];
        _gathered.AsSpan(0, quoted).CopyTo(datagram[UdpHeader.LengthBytes..]);
        IpEndpoint guest = flow.Guest;
        UdpHeader.Write(
            datagram, guest.Port, _gatheredDestination.Port, guest.Address,
            _gatheredDestination.Address);
        _errors.SendForFlow(
            route, new FlowKey(guest, _gatheredDestination, IpProtocol.Udp), _settings.Gateway,
            IcmpType.DestinationUnreachable, code, 0, datagram, now);
    }
}
