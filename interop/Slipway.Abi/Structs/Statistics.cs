using System.Runtime.InteropServices;

namespace Slipway.Abi;

/// <summary>slipway_stats.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Statistics
{
    public uint Size;
    public uint Reserved;
    public ulong FramesReceived;
    public ulong BytesReceived;
    public ulong FramesSent;
    public ulong BytesSent;
    public ulong FramesDropped;
    public ulong FramesMalformed;
    public ulong TcpFlowsOpened;
    public ulong TcpConnectsFailed;
    public ulong TcpSegmentsRetransmitted;
    public ulong UdpFlowsOpened;
    public ulong UdpFlowsEvicted;
    public ulong EchoFlowsOpened;
}
