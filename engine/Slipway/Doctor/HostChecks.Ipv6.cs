using System.Net.Sockets;
using Slipway.Linux;

namespace Slipway;

/// <summary>What the host has of IPv6, and so its guests.</summary>
internal static partial class HostChecks
{
    private const string Ipv6Check = "IPv6";

    private static Finding[] Ipv6() => Ipv6Missing() is Finding missing ? [missing]
        : [Ipv6Reach(), Ping("ping over IPv6", AddressFamily.InterNetworkV6, ProtocolType.IcmpV6)];

    private static Finding? Ipv6Missing()
    {
        try
        {
            using Socket socket = new(
                AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        }
        catch (SocketException)
        {
            return new Finding(
                Ipv6Check, Verdict.Warn, "is not in this kernel: guests reach IPv4 only",
                "as root: modprobe ipv6; or boot without ipv6.disable=1");
        }

        return Read("/proc/sys/net/ipv6/conf/all/disable_ipv6") != "1" ? null : new Finding(
            Ipv6Check, Verdict.Warn, "is disabled: guests reach IPv4 only",
            "as root: sysctl -w net.ipv6.conf.all.disable_ipv6=0");
    }

    private static Finding Ipv6Reach()
    {
        if (Ipv6Routing.Read(new byte[Netlink.BufferBytes], out Ipv6Routing routing) < 0)
        {
            routing = Ipv6Routing.ReadFiles();
        }

        return routing switch
        {
            { HasAddress: false } => new Finding(
                Ipv6Check, Verdict.Warn, "no address but the loopback's: guests reach ::1 only",
                "give an interface an address of your network's, or a router that advertises one"),
            { HasDefaultRoute: false } => new Finding(
                Ipv6Check, Verdict.Warn,
                "addresses, but no default route: guests reach the networks of this host only",
                "as root: ip -6 route add default via ROUTER; a host that forwards hears of routers"
                    + " only with sysctl -w net.ipv6.conf.INTERFACE.accept_ra=2"),
            _ => new Finding(Ipv6Check, Verdict.Ok, "an address and a default route"),
        };
    }
}
