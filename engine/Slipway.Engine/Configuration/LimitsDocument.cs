using System.ComponentModel;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// The configuration's "limits": a key for each bound of <see cref="StackLimits"/>.
/// </summary>
internal sealed class LimitsDocument
{
    [Description("TCP connections.")]
    public int? TcpFlows { get; set; }

    [Description("TCP connections whose handshake is not finished.")]
    public int? TcpHalfOpen { get; set; }

    [Description("UDP flows, one for each address and port of a guest.")]
    public int? UdpFlows { get; set; }

    [Description("Remote endpoints remembered for each UDP flow.")]
    public int? UdpRemotesPerFlow { get; set; }

    [Description("Clients of published UDP ports; at most 16384.")]
    public int? UdpPublishedClients { get; set; }

    [Description("ICMP echo flows.")]
    public int? EchoFlows { get; set; }

    [Description("Ethernet addresses that the switch remembers.")]
    public int? SwitchAddresses { get; set; }

    [Description("IP neighbours that are remembered.")]
    public int? Neighbors { get; set; }

    [Description("Packets whose fragments are incomplete.")]
    public int? ReassemblyPackets { get; set; }

    [Description("Memory for incomplete packets in bytes.")]
    public int? ReassemblyBytes { get; set; }

    [Description(
        "Memory for TCP bytes that the host has not taken yet, in bytes over all connections.")]
    public int? TcpReceiveBytes { get; set; }

    [Description("Largest TCP window offered to a guest in bytes.")]
    public int? TcpWindowBytes { get; set; }

    [Description(
        "Connections that the proxy holds at a time: handshakes and plain requests, not tunnels.")]
    public int? ProxyStreams { get; set; }

    [Description("The same of one guest.")]
    public int? ProxyStreamsPerGuest { get; set; }

    [Description(
        "Of each bound that guests share, one guest (its link) has at most so many percent of what "
        + "the others leave of it: 50 by default.")]
    public int? GuestShare { get; set; }

    [Description(
        "File descriptors that flows leave to the control socket, published ports and DNS.")]
    public int? ReservedDescriptors { get; set; }

    [Description("ICMP errors a second to one guest.")]
    public int? IcmpErrorsPerSecond { get; set; }

    /// <summary>The stack's bounds with what is set here in their place.</summary>
    /// <exception cref="ConfigurationException">A bound is smaller than 1 or beyond
    /// reason.</exception>
    public StackLimits Resolve()
    {
        StackLimits limits = new();
        return limits with
        {
            TcpFlows = Count("tcpFlows", TcpFlows, limits.TcpFlows),
            TcpHalfOpen = Count("tcpHalfOpen", TcpHalfOpen, limits.TcpHalfOpen),
            UdpFlows = Count("udpFlows", UdpFlows, limits.UdpFlows),
            UdpRemotesPerFlow = Count(
                "udpRemotesPerFlow", UdpRemotesPerFlow, limits.UdpRemotesPerFlow),
            UdpPublishedClients = Within(
                "udpPublishedClients", UdpPublishedClients, limits.UdpPublishedClients,
                1, 16_384, ""),
            EchoFlows = Count("echoFlows", EchoFlows, limits.EchoFlows),
            SwitchAddresses = Count("switchAddresses", SwitchAddresses, limits.SwitchAddresses),
            Neighbors = Count("neighbors", Neighbors, limits.Neighbors),
            ReassemblyPackets = Count(
                "reassemblyPackets", ReassemblyPackets, limits.ReassemblyPackets),
            ReassemblyBytes = Bytes("reassemblyBytes", ReassemblyBytes, limits.ReassemblyBytes),
            TcpReceiveBytes = Bytes("tcpReceiveBytes", TcpReceiveBytes, limits.TcpReceiveBytes),
            TcpWindowBytes = Bytes("tcpWindowBytes", TcpWindowBytes, limits.TcpWindowBytes),
            ProxyStreams = Count("proxyStreams", ProxyStreams, limits.ProxyStreams),
            ProxyStreamsPerGuest = Count(
                "proxyStreamsPerGuest", ProxyStreamsPerGuest, limits.ProxyStreamsPerGuest),
            GuestShare = Within("guestShare", GuestShare, limits.GuestShare, 1, 100, "percent"),
            ReservedDescriptors = Within(
                "reservedDescriptors", ReservedDescriptors, limits.ReservedDescriptors,
                0, 1 << 16, ""),
            IcmpErrorsPerSecond = Count(
                "icmpErrorsPerSecond", IcmpErrorsPerSecond, limits.IcmpErrorsPerSecond),
        };
    }

    /// <summary>
    /// Tables are sized at start: a million entries are more than descriptors allow.
    /// </summary>
    private static int Count(string name, int? value, int standard) =>
        Within(name, value, standard, 1, 1 << 20, "");

    /// <summary>
    /// At least one packet of 64 KiB; the largest TCP window is 1 GiB (RFC 7323 section 2.3).
    /// </summary>
    private static int Bytes(string name, int? value, int standard) =>
        Within(name, value, standard, 1 << 16, 1 << 30, "bytes");

    private static int Within(
        string name, int? value, int standard, int minimum, int maximum, string unit) =>
        value is int number
            ? SettingText.CheckRange("limits." + name, number, minimum, maximum, unit)
            : standard;
}
