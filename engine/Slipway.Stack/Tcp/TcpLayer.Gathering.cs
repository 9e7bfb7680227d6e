using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Text of frames that came together goes to the host together: one call for several segments of a
/// flow, and one time that the receiver is woken.
/// </summary>
/// <remarks>
/// What is gathered counts as received. It is sent before anything else happens to its flow, and
/// at the end of the batch at the latest, whose memory it lies in.
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
    private TcpFlow? _gatherer;

    /// <summary>Frames follow that lie in one memory until <see cref="EndGathering"/>.</summary>
    public void BeginGathering(ReadOnlyMemory<byte> memory) => _gathered.Clear(memory);

    /// <summary>The memory is used again.</summary>
    public void EndGathering(Instant now)
    {
        SendGathered(now);
        _gathered.Clear(default);
    }

    /// <summary>
    /// Keeps text that the flow has counted as received; false when it must go its own way.
    /// </summary>
    internal bool TryGather(TcpFlow flow, ReadOnlySpan<byte> text, Instant now)
    {
        if (text.Length < GatherFromBytes || !_gathered.TryAdd(text))
        {
            return false;
        }

        _gatherer = flow;
        if (_gathered.Count == GatheredText.Capacity
            || _gathered.LengthBytes >= GatherLimitBytes)
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
        const TcpFlags plain = TcpFlags.Acknowledgment | TcpFlags.Push;
        if (_gatherer is TcpFlow gatherer
            && (flow != gatherer || (header.Flags & ~plain) != 0
                || !gatherer.IsNext(header) || header.Payload.Length < GatherFromBytes))
        {
            SendGathered(now);
        }
    }

    private void SendGathered(Instant now)
    {
        if (_gatherer is TcpFlow flow)
        {
            _gatherer = null;
            flow.SendGathered(_gathered, now);
            _gathered.Clear(_gathered.Memory);
        }
    }
}
