using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What the stack counts. Written by the worker alone; a reader on another thread sees each number
/// whole (64-bit) and at most a turn late.
/// </summary>
public sealed class Counters
{
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];
    private readonly long[] _malformed = new long[Enum.GetValues<ParseError>().Length];
    private FrameLoss _loss;

    /// <summary>What is bounded and shared among guests.</summary>
    public GuestShares Guests { get; } = new();

    public long FramesReceived;
    public long BytesReceived;
    public long FramesSent;
    public long BytesSent;
    public long TcpFlowsOpened;
    public long TcpConnectsFailed;
    public long TcpSegmentsRetransmitted;
    public long TcpResetsSent;
    public long TcpChallengeAcks;
    public long TcpFlowsStranded;
    public long UdpFlowsOpened;
    public long UdpFlowsEvicted;
    public long EchoFlowsOpened;

    public void Drop(DropReason reason)
    {
        _dropped[(int)reason]++;
        _loss = new FrameLoss(reason, ParseError.None);
    }

    /// <summary>
    /// What was counted last, if it was since this was called: a capture asks about each frame.
    /// </summary>
    public FrameLoss TakeLoss()
    {
        FrameLoss loss = _loss;
        _loss = default;
        return loss;
    }

    /// <summary>Counts, and says that something is not to be served.</summary>
    /// <returns>False.</returns>
    public bool Refuse(DropReason reason)
    {
        Drop(reason);
        return false;
    }

    public void Malformed(ParseError error)
    {
        _malformed[(int)error]++;
        _loss = new FrameLoss(null, error);
    }

    public long Dropped(DropReason reason) => Volatile.Read(ref _dropped[(int)reason]);

    public long Malformeds(ParseError error) => Volatile.Read(ref _malformed[(int)error]);

    /// <summary>Adds all of it to a total; from any thread.</summary>
    public void AddTo(Counters total)
    {
        for (int i = 0; i < _dropped.Length; i++)
        {
            total._dropped[i] += Volatile.Read(ref _dropped[i]);
        }

        for (int i = 0; i < _malformed.Length; i++)
        {
            total._malformed[i] += Volatile.Read(ref _malformed[i]);
        }

        total.FramesReceived += Volatile.Read(ref FramesReceived);
        total.BytesReceived += Volatile.Read(ref BytesReceived);
        total.FramesSent += Volatile.Read(ref FramesSent);
        total.BytesSent += Volatile.Read(ref BytesSent);
        total.TcpFlowsOpened += Volatile.Read(ref TcpFlowsOpened);
        total.TcpConnectsFailed += Volatile.Read(ref TcpConnectsFailed);
        total.TcpSegmentsRetransmitted += Volatile.Read(ref TcpSegmentsRetransmitted);
        total.TcpResetsSent += Volatile.Read(ref TcpResetsSent);
        total.TcpChallengeAcks += Volatile.Read(ref TcpChallengeAcks);
        total.TcpFlowsStranded += Volatile.Read(ref TcpFlowsStranded);
        total.UdpFlowsOpened += Volatile.Read(ref UdpFlowsOpened);
        total.UdpFlowsEvicted += Volatile.Read(ref UdpFlowsEvicted);
        total.EchoFlowsOpened += Volatile.Read(ref EchoFlowsOpened);
    }
}
