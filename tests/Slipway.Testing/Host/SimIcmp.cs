using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>The simulated host's reports in the numbers of ICMP, or of ICMPv6.</summary>
internal sealed record SimIcmp(
    IpAddress Host, int IpHeaderBytes, byte EchoReply, (byte Type, byte Code) NoPort,
    (byte Type, byte Code) NoHost, (byte Type, byte Code) Big, (byte Type, byte Code) Late)
{
    private static readonly SimIcmp s_ipv4 = new(
        IpAddress.IPv4Any, 20, 0, (3, 3), (3, 1), (3, 4), (11, 0));

    private static readonly SimIcmp s_ipv6 = new(
        default, 40, 129, (1, 4), (1, 3), (2, 0), (3, 0));

    public static SimIcmp Of(IpAddress remote) => remote.IsIPv4 ? s_ipv4 : s_ipv6;

    public HostErrorReport PortUnreachable(in IpEndpoint remote) =>
        Report(remote, remote.Address, NoPort);

    public HostErrorReport HostUnreachable(in IpEndpoint remote) =>
        Report(remote, remote.Address, NoHost);

    public HostErrorReport TooLong(in IpEndpoint remote, int mtuBytes) =>
        Report(remote, Host, Big) with { MtuBytes = mtuBytes };

    public HostErrorReport TimeExceeded(in IpEndpoint remote, IpAddress router) =>
        Report(remote, router, Late);

    private static HostErrorReport Report(
        in IpEndpoint remote, IpAddress offender, (byte Type, byte Code) icmp) =>
        new(remote, offender, icmp.Type, icmp.Code, 0, 0);
}
