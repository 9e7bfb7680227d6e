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

    public long FramesReceived;
    public long BytesReceived;
    public long FramesSent;
    public long BytesSent;
    public long TcpFlowsOpened;
    public long TcpConnectsFailed;
    public long TcpSegmentsRetransmitted;
    public long TcpResetsSent;
    public long TcpChallengeAcks;
    public long UdpFlowsOpened;
    public long UdpFlowsEvicted;
    public long EchoFlowsOpened;

    public void Drop(DropReason reason) => _dropped[(int)reason]++;

    public void Malformed(ParseError error) => _malformed[(int)error]++;

    public long Dropped(DropReason reason) => Volatile.Read(ref _dropped[(int)reason]);

    public long Malformeds(ParseError error) => Volatile.Read(ref _malformed[(int)error]);
}
