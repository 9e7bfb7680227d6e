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

    private readonly byte[] _gathered = new byte[ushort.MaxValue];
    private UdpFlow? _gatheredFlow;
    private IpEndpoint _gatheredRemote;
    private IpEndpoint _gatheredDestination;
    private DatagramOptions _gatheredOptions;
    private int _gatheredBytes;
    private int _gatheredSegmentBytes;

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
    private bool IsCut(in GuestRoute route, IpAddress guest, in DatagramRun run)
    {
        const Offloads needed = Offloads.Checksum | Offloads.UdpSegments;
        return run.LengthBytes > run.SegmentBytes && run.IsCuttable
            && (route.Port.Offloads & needed) == needed
            && UdpHeader.LengthBytes + run.SegmentBytes <= _output.MaxPayloadLengthBytes(guest);
    }

    /// <summary>Passes a run on to the guest in one frame.</summary>
    /// <returns>False when the link has no room for so much.</returns>
    private bool SendRun(
        in GuestRoute route, in IpEndpoint source, in IpEndpoint guest, DatagramBatch batch,
        in DatagramRun run)
    {
        Span<byte> datagram = PacketOutput.Reserve(
            route.Port, guest.Address, UdpHeader.LengthBytes + run.LengthBytes);
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
        int headersBytes = PacketOutput.HeadersLengthBytes(guest.Address);
        FrameOffload offload = new()
        {
            ChecksumStart = (ushort)headersBytes,
            ChecksumOffset = UdpHeader.ChecksumOffset,
            Kind = SegmentKind.Udp,
            SegmentBytes = (ushort)run.SegmentBytes,
            HeaderBytes = (ushort)(headersBytes + UdpHeader.LengthBytes),
        };
        _output.Commit(
            route, source.Address, guest.Address, IpProtocol.Udp, datagram.Length,
            dontFragment: false, offload: offload);
        return true;
    }

    /// <summary>Passes a run on to the guest of a flow.</summary>
    /// <returns>False when it is to go datagram by datagram.</returns>
    internal bool TrySendRun(
        UdpFlow flow, in IpEndpoint remote, DatagramBatch batch, in DatagramRun run) =>
        flow.TakesOffloads && TryFindRoute(flow, out GuestRoute route)
        && IsCut(route, flow.Guest.Address, run) && SendRun(route, remote, flow.Guest, batch, run);

    /// <summary>
    /// Gathers a guest's datagram with those before it; sends those where it does not go with them,
    /// and it itself where it is not worth a copy.
    /// </summary>
    private void Gather(
        UdpFlow flow, in IpEndpoint remote, in GuestPacket packet, in UdpHeader header, Instant now)
    {
        ReadOnlySpan<byte> payload = header.Payload;
        DatagramOptions options = OptionsOf(packet, remote.Address);
        bool isAlone =
            payload.IsEmpty || payload.Length > LargestGathered || packet.Offload.IsSegmented;
        bool fits = !isAlone && _gatheredFlow == flow && _gatheredRemote == remote
            && _gatheredOptions == options && payload.Length <= _gatheredSegmentBytes
            && _gatheredBytes % _gatheredSegmentBytes == 0 // the last one was not shorter
            && _gatheredBytes < DatagramRun.MostSegments * _gatheredSegmentBytes
            && _gatheredBytes + payload.Length <= DatagramRun.MostBytes;
        if (!fits)
        {
            Flush(now);
        }

        if (isAlone)
        {
            HostError error = flow.SendSegments(
                remote, payload, SegmentBytesOf(packet, header), options, now);
            if (error != HostError.None)
            {
                RefuseSend(packet, error, now);
            }

            return;
        }

        if (!fits)
        {
            _gatheredFlow = flow;
            _gatheredRemote = remote;
            _gatheredDestination = new IpEndpoint(packet.Destination, header.DestinationPort);
            _gatheredOptions = options;
            _gatheredBytes = 0;
            _gatheredSegmentBytes = payload.Length;
        }

        payload.CopyTo(_gathered.AsSpan(_gatheredBytes));
        _gatheredBytes += payload.Length;
    }

    /// <summary>Payload bytes of each datagram that the guest has sent as one.</summary>
    private static int SegmentBytesOf(in GuestPacket packet, in UdpHeader header) =>
        packet.Offload.IsSegmented ? packet.Offload.SegmentBytes : header.Payload.Length;

    private void RefuseGathered(UdpFlow flow, HostError error, Instant now)
    {
        CountRefused(error);
        if (IcmpError.Of(error) is IcmpError told && TryFindRoute(flow, out GuestRoute route))
        {
            int quoted = Math.Min(
                Math.Min(_gatheredBytes, _gatheredSegmentBytes), DatagramTurn.QuoteLengthBytes);
            SendError(
                route, flow.Guest, _gatheredDestination,
                _settings.GatewayFor(flow.Guest.Address), told, 0, _gathered.AsSpan(0, quoted),
                now);
        }
    }
}
