using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Text of frames that came together goes to the host together: one call for several segments of a
/// flow, and one time that the receiver is woken.
/// </summary>
/// <remarks>
/// What is gathered counts as received. It is sent before anything else happens to its flow, and
/// at the end of the batch at the latest, whose memory it lies in.
/// <para>
/// Text that a link has left in its guest's memory goes from there to the host by that call and is
/// copied by nobody else. So it is for text alone that the host takes next; a frame with any other
/// is fetched before it is looked at (<see cref="TakesWithoutText"/>). Should such text not get
/// that far after all, since the host took less than what was before it, it is fetched then.
/// </para>
/// </remarks>
public sealed partial class TcpLayer
{
    /// <summary>Shorter text goes at once, so that its reader can begin.</summary>
    private const int GatherFromBytes = 16 * 1024;

    /// <summary>
    /// Enough to be worth it, and little enough that the receiver works on it meanwhile.
    /// </summary>
    private const int GatherLimitBytes = 256 * 1024;

    private readonly GatheredText _gathered = new();
    private FrameBatch? _batch;
    private TcpFlow? _gatherer;

    /// <summary>Frames of a batch follow, until <see cref="EndGathering"/>.</summary>
    public void BeginGathering(FrameBatch batch) => _batch = batch;

    /// <summary>The batch's memory is used again.</summary>
    public void EndGathering(Instant now)
    {
        SendGathered(now);
        _batch = null;
    }

    /// <summary>
    /// Whether a frame of which only the headers are here has text that may be gathered, and
    /// nothing else about it that anybody would look at.
    /// </summary>
    internal bool TakesWithoutText(FrameBatch batch, int index)
    {
        FrameOffload offload = batch.Offload(index);
        if (EthernetHeader.TryParse(batch.Frame(index), out EthernetHeader frame) != ParseError.None
            || frame.Destination != _settings.GatewayMac || frame.EtherType != EtherType.IPv4
            || Ipv4Header.TryParse(frame.Payload, out Ipv4Header packet) != ParseError.None
            || packet.Protocol != IpProtocol.Tcp || packet.Ttl <= 1
            || !offload.IsChecksumOpen || !OffloadCheck.Fits(offload, packet)
            || TcpHeader.TryParse(packet.Payload, packet.Source, packet.Destination,
                out TcpHeader header, isChecksumOpen: true) != ParseError.None)
        {
            return false;
        }

        int headerBytes = EthernetHeader.LengthBytes + packet.HeaderLengthBytes
            + header.HeaderLengthBytes;
        return headerBytes == batch.HeadBytes(index) && IsPlain(header)
            && _flows.Find(KeyOf(packet.Source, packet.Destination, header)) is TcpFlow flow
            && flow.TakesStraight(header);
    }

    /// <summary>Text is about to be read that may not be here.</summary>
    internal void Fetch(ReadOnlySpan<byte> text) => _batch?.Fetch(text);

    /// <summary>
    /// Keeps text that the flow has counted as received; false when it must go its own way.
    /// </summary>
    internal bool TryGather(TcpFlow flow, ReadOnlySpan<byte> text, Instant now)
    {
        if (text.Length < GatherFromBytes || _batch?.TryGather(text, _gathered) != true)
        {
            return false;
        }

        _gatherer = flow;
        if (_gathered.LengthBytes >= GatherLimitBytes)
        {
            SendGathered(now);
        }

        return true;
    }

    /// <summary>Sends what is gathered of a flow, before what cannot be gathered.</summary>
    internal void EndGatheringOf(TcpFlow flow, Instant now)
    {
        if (_gatherer == flow)
        {
            SendGathered(now);
        }
    }

    // A segment that only goes on with what is gathered does not end it.
    private void EndGatheringBefore(TcpFlow? flow, in TcpHeader header, Instant now)
    {
        if (_gatherer is TcpFlow gatherer
            && (flow != gatherer || !IsPlain(header) || !gatherer.IsNext(header)))
        {
            SendGathered(now);
        }
    }

    // Text worth gathering, and nothing besides.
    private static bool IsPlain(in TcpHeader header)
    {
        const TcpFlags plain = TcpFlags.Acknowledgment | TcpFlags.Push;
        return (header.Flags & ~plain) == 0 && header.Payload.Length >= GatherFromBytes;
    }

    private void SendGathered(Instant now)
    {
        if (_gatherer is TcpFlow flow)
        {
            _gatherer = null;
            flow.SendGathered(_gathered, now);
            _gathered.Clear();
        }
    }
}
