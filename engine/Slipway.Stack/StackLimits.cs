namespace Slipway.Stack;

/// <summary>
/// A bound on everything that a guest can make the stack hold. What happens at each bound stands
/// beside it; each refusal is counted (<see cref="DropReason"/>).
/// </summary>
public sealed record StackLimits
{
    /// <summary>
    /// TCP flows. At the bound the oldest half-open one makes room, else the SYN gets RST.
    /// </summary>
    public int TcpFlows { get; init; } = 16_384;

    /// <summary>TCP flows whose handshake is not finished; the oldest makes room.</summary>
    public int TcpHalfOpen { get; init; } = 4_096;

    /// <summary>UDP flows (guest endpoints); the idlest makes room.</summary>
    public int UdpFlows { get; init; } = 4_096;

    /// <summary>
    /// Remote endpoints remembered for a UDP flow's filter; the idlest makes room.
    /// </summary>
    public int UdpRemotesPerFlow { get; init; } = 1_024;

    /// <summary>Clients of published UDP ports, at most 16384; the idlest makes room.</summary>
    public int UdpPublishedClients { get; init; } = 4_096;

    /// <summary>ICMP echo flows (guest address and identifier); the idlest makes room.</summary>
    public int EchoFlows { get; init; } = 512;

    /// <summary>
    /// MAC addresses that the switch remembers; the oldest of the port makes room.
    /// </summary>
    public int SwitchAddresses { get; init; } = 4_096;

    /// <summary>IP neighbours that are remembered; the oldest of the port makes room.</summary>
    public int Neighbors { get; init; } = 4_096;

    /// <summary>Packets whose fragments are incomplete; the oldest makes room.</summary>
    public int ReassemblyPackets { get; init; } = 64;

    /// <summary>Memory for incomplete packets, in bytes; the oldest makes room.</summary>
    public int ReassemblyBytes { get; init; } = 4 << 20;

    /// <summary>
    /// Memory for TCP bytes that the host has not taken yet and for segments out of order, in
    /// bytes over all flows; beyond it segments are dropped and the guest sends them again. A
    /// guest has its share (<see cref="GuestShare"/>), and one that is alone seven eighths.
    /// </summary>
    public int TcpReceiveBytes { get; init; } = 64 << 20;

    /// <summary>Largest receive window offered to a guest, in bytes.</summary>
    public int TcpWindowBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Connections that the proxy itself holds: handshakes and plain requests, not tunnels. Beyond
    /// it the SYN gets RST.
    /// </summary>
    public int ProxyStreams { get; init; } = 2_048;

    /// <summary>The same of one guest, so that it cannot keep the others out.</summary>
    public int ProxyStreamsPerGuest { get; init; } = 512;

    /// <summary>
    /// Of each bound that guests share, one guest has at most so many percent of what the others
    /// leave (<see cref="GuestShares"/>); 1 to 100.
    /// </summary>
    public int GuestShare { get; init; } = 50;

    /// <summary>
    /// Descriptors of the process that flows leave alone: the control socket, published ports that
    /// are added and DNS go on when flows have used up all others.
    /// </summary>
    public int ReservedDescriptors { get; init; } = 64;

    /// <summary>ICMP errors a second to one guest; the rest are dropped.</summary>
    public int IcmpErrorsPerSecond { get; init; } = 1_000;

    /// <summary>
    /// The part of one of several workers: of what is bounded in total, each has its share, which
    /// flows fill evenly since they are shared out by a hash.
    /// </summary>
    public StackLimits ShareOf(int workers) => this with
    {
        TcpFlows = Share(TcpFlows, workers),
        TcpHalfOpen = Share(TcpHalfOpen, workers),
        UdpFlows = Share(UdpFlows, workers),
        TcpReceiveBytes = Share(TcpReceiveBytes, workers),
    };

    private static int Share(int total, int workers) => (total + workers - 1) / workers;
}
