using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>UDP and ICMP echo at the host, and what its kernel reports about them.</summary>
public sealed class DatagramSocketTests
{
    private static readonly DatagramOptions s_plain = new(64, 0, DontFragment: false);

    [Theory]
    [BothFamilies(0)]
    [BothFamilies(1)]
    [BothFamilies(1_472)]
    [BothFamilies(65_507)]
    public void Send_OfAnySize_ArrivesAndIsAnswered(bool ipv4, int lengthBytes)
    {
        using HostFixture host = new(ipv4: ipv4);
        Socket peer = host.BindUdp(out IpEndpoint peerEndpoint);
        Owner owner = new();
        IHostDatagramSocket socket = host.OpenUdp(owner);
        byte[] sent = HostFixture.Pattern(lengthBytes);

        Assert.Equal(HostError.None, socket.Send(peerEndpoint, sent, s_plain));
        byte[] received = new byte[65_536];
        EndPoint from = new IPEndPoint(host.Loopback.ToIPAddress(), 0);
        Assert.Equal(lengthBytes, peer.ReceiveFrom(received, ref from));
        Assert.Equal(sent, received[..lengthBytes]);
        Assert.Equal(socket.LocalEndpoint.Port, ((IPEndPoint)from).Port);

        owner.Seen = Readiness.None;
        peer.SendTo(sent, from);
        host.Until(() => (owner.Seen & Readiness.Readable) != 0, "the answer is told");
        Assert.Equal(HostIo.Moved(lengthBytes), socket.Receive(received, out IpEndpoint remote));
        Assert.Equal(peerEndpoint, remote);
        Assert.Equal(HostError.WouldBlock, socket.Receive(received, out _).Error);
        socket.Close();
    }

    [Theory]
    [BothFamilies]
    public void TryReceiveError_AfterAClosedPort_SaysPortUnreachableWithItsPayload(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Owner owner = new();
        IHostDatagramSocket socket = host.OpenUdp(owner);
        IpEndpoint closed = host.ClosedUdpPort();

        Assert.Equal(HostError.None, socket.Send(closed, "question"u8, s_plain));
        host.Until(() => (owner.Seen & Readiness.Error) != 0, "the report is told");

        byte[] quoted = new byte[64];
        Assert.True(socket.TryReceiveError(quoted, out HostErrorReport report));
        Assert.Equal(closed, report.Remote);
        Assert.Equal(host.Loopback, report.Offender);
        Assert.Equal(ipv4 ? (3, 3) : (1, 4), (report.IcmpType, report.IcmpCode));
        Assert.Equal("question"u8.ToArray(), quoted[..report.QuotedLengthBytes]);
        Assert.False(socket.TryReceiveError(quoted, out _));
        socket.Close();
    }

    [Theory]
    [BothFamilies]
    public void Send_ToAnotherPeer_IsNotLostToTheFirstOnesError(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Socket peer = host.BindUdp(out IpEndpoint good);
        IHostDatagramSocket socket = host.OpenUdp(new Owner());
        IpEndpoint closed = host.ClosedUdpPort();
        byte[] received = new byte[16];

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(HostError.None, socket.Send(closed, "lost"u8, s_plain));
            Assert.Equal(HostError.None, socket.Send(good, [(byte)i], s_plain));
            Assert.Equal(1, peer.Receive(received));
            Assert.Equal(i, received[0]);
        }

        socket.Close();
    }

    [Theory]
    [BothFamilies]
    public void Receive_BehindAnError_StillGivesTheDatagram(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Socket peer = host.BindUdp(out IpEndpoint good);
        Owner owner = new();
        IHostDatagramSocket socket = host.OpenUdp(owner);
        peer.SendTo(
            "data"u8, new IPEndPoint(host.Loopback.ToIPAddress(), socket.LocalEndpoint.Port));
        socket.Send(host.ClosedUdpPort(), "lost"u8, s_plain);
        host.Until(() => (owner.Seen & Readiness.Error) != 0, "the report is told");

        byte[] received = new byte[16];
        Assert.Equal(HostIo.Moved(4), socket.Receive(received, out IpEndpoint remote));
        Assert.Equal(good, remote);
        socket.Close();
    }

    [Theory]
    [BothFamilies]
    public void Send_LongerThanThePathWithDontFragment_SaysTheMtuAndAboutWhat(bool ipv4)
    {
        using Testing.NetworkNamespace space = new();
        space.Execute("ip link set lo mtu 1400 up");
        space.Run(() =>
        {
            using HostFixture host = new(ipv4: ipv4);
            Socket peer = host.BindUdp(out IpEndpoint remote);
            IHostDatagramSocket socket = host.OpenUdp(new Owner());
            int most = 1_400 - (ipv4 ? 28 : 48);
            byte[] payload = HostFixture.Pattern(most + 1);
            DatagramOptions whole = s_plain with { DontFragment = true };

            Assert.Equal(HostError.MessageTooLong, socket.Send(remote, payload, whole));
            byte[] quoted = new byte[16];
            Assert.True(socket.TryReceiveError(quoted, out HostErrorReport report));
            Assert.Equal(ipv4
                ? new HostErrorReport(remote, IpAddress.IPv4Any, 3, 4, 1_400, quoted.Length)
                : new HostErrorReport(remote, default, 2, 0, 1_400, quoted.Length), report);
            Assert.Equal(payload[..16], quoted);

            // What fits goes, and without DF the long one in fragments.
            Assert.Equal(HostError.None, socket.Send(remote, payload.AsSpan(1), whole));
            Assert.Equal(HostError.None, socket.Send(remote, payload, s_plain));
            byte[] received = new byte[2_000];
            Assert.Equal(most, peer.Receive(received));
            Assert.Equal(most + 1, peer.Receive(received));
            socket.Close();
        });
    }

    [Theory]
    [BothFamilies(1)]
    [BothFamilies(63)]
    [BothFamilies(64)]
    [BothFamilies(255)]
    public void Send_WithATtlAndATypeOfService_PutsThemOnTheWire(bool ipv4, byte ttl)
    {
        using Testing.NetworkNamespace space = new();
        space.Execute("ip link set lo up; sysctl -qw net.ipv4.ip_default_ttl=99; "
            + "sysctl -qw net.ipv6.conf.lo.hop_limit=99");
        space.Run(() =>
        {
            using HostFixture host = new(ipv4: ipv4);
            const int networkOrderIPv4 = 0x0008;
            const int networkOrderIPv6 = 0xdd86;
            using Socket sniffer = new(
                AddressFamily.Packet, SocketType.Dgram,
                (ProtocolType)(ipv4 ? networkOrderIPv4 : networkOrderIPv6))
            {
                ReceiveTimeout = 20_000,
            };
            host.BindUdp(out IpEndpoint remote);
            IHostDatagramSocket socket = host.OpenUdp(new Owner());

            DatagramOptions marked = new(ttl, 0xb8, DontFragment: true);
            Assert.Equal(HostError.None, socket.Send(remote, "x"u8, marked));
            byte[] packet = new byte[64];
            Assert.Equal(ipv4 ? 29 : 49, sniffer.Receive(packet));
            Assert.Equal(ttl, packet[ipv4 ? 8 : 7]);
            int start = BinaryPrimitives.ReadUInt16BigEndian(packet);
            Assert.Equal(ipv4 ? 0x45b8 : 0x6b80, ipv4 ? start : start & ~0xf); // a flow label
            Assert.True(!ipv4 || packet[6] == 0x40, "DF");
            socket.Close();
        });
    }

    [Fact]
    public void Send_ToABroadcastAddress_IsProhibited()
    {
        using HostFixture host = new();
        IHostDatagramSocket socket = host.OpenUdp(new Owner());
        IpEndpoint broadcast = new(IpAddress.Parse("127.255.255.255"), 9);
        Assert.Equal(HostError.Prohibited, socket.Send(broadcast, "x"u8, s_plain));
        socket.Close();
    }

    [Theory]
    [BothFamilies]
    public void BindUdp_ToATakenPort_SaysSo(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        host.BindUdp(out IpEndpoint taken);
        Assert.Equal(
            HostError.AddressInUse,
            HostSockets.Open(IpProtocol.Udp, taken, out int none));
        Assert.Equal(-1, none);
    }

    [Theory]
    [BothFamilies]
    public void OpenPing_WhereTheGroupRangeForbids_IsProhibited(bool ipv4)
    {
        using Testing.NetworkNamespace space = new();
        space.Run(() =>
        {
            using HostFixture host = new(ipv4: ipv4);
            Assert.Equal(HostError.Prohibited, host.Network.OpenPing(ipv4, new Owner(), out _));
        });
    }

    [Theory]
    [BothFamilies]
    public void Ping_OfTheLoopback_IsAnsweredWithIdentifierAndPayload(bool ipv4)
    {
        using Testing.NetworkNamespace space = new();
        space.Execute("ip link set lo up; sysctl -qw net.ipv4.ping_group_range='0 2147483647'");
        space.Run(() =>
        {
            using HostFixture host = new(ipv4: ipv4);
            Owner owner = new();
            IHostDatagramSocket socket = host.OpenPing(owner);
            byte[] echo = [EchoRequest(ipv4), 0, 0, 0, 0, 0, 0, 7, .. "ping"u8];
            IpEndpoint remote = new(host.Loopback, 0);

            Assert.Equal(HostError.None, socket.Send(remote, echo, s_plain));
            host.Until(() => (owner.Seen & Readiness.Readable) != 0, "the echo reply is told");
            byte[] reply = new byte[64];
            Assert.Equal(HostIo.Moved(12), socket.Receive(reply, out IpEndpoint from));
            Assert.Equal(host.Loopback, from.Address);
            Assert.Equal(ipv4 ? 0 : 129, reply[0]);
            Assert.Equal(
                socket.LocalEndpoint.Port, BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(4)));
            Assert.Equal(7, BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(6)));
            Assert.Equal("ping"u8.ToArray(), reply[8..12]);
            socket.Close();
        });
    }

    [Theory]
    [BothFamilies]
    public void Ping_WhoseTtlEndsOnTheWay_SaysWhoEndedIt(bool ipv4)
    {
        using Testing.NetworkNamespace near = new();
        using Testing.NetworkNamespace router = new();
        string prefix = ipv4 ? "198.51.100." : "2001:db8:1::";
        string bits = ipv4 ? "/24" : "/64 nodad";
        near.Execute("ip link set lo up; sysctl -qw net.ipv4.ping_group_range='0 2147483647'; "
            + $"ip link add v0 type veth peer name v1 netns {router.Path.Split('/')[2]}; "
            + $"ip addr add {prefix}2{bits} dev v0; ip link set v0 up");
        router.Execute("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; "
            + $"ip addr add {prefix}1{bits} dev v1; ip link set v1 up; ip link set lo up; "
            + "ip route add 203.0.113.0/24 dev v1; ip -6 route add 2001:db8:9::/64 dev v1");
        near.Execute($"ip route add default via {prefix}1");
        near.Run(() =>
        {
            using HostFixture host = new(ipv4: ipv4);
            Owner owner = new();
            IHostDatagramSocket socket = host.OpenPing(owner);
            byte[] echo = [EchoRequest(ipv4), 0, 0, 0, 0, 0, 0, 7];
            IpEndpoint remote = new(IpAddress.Parse(ipv4 ? "203.0.113.9" : "2001:db8:9::9"), 0);

            Assert.Equal(HostError.None, socket.Send(
                remote, echo, new DatagramOptions(1, 0, true)));
            host.Until(() => (owner.Seen & Readiness.Error) != 0, "time exceeded is told");
            byte[] quoted = new byte[64];
            Assert.True(socket.TryReceiveError(quoted, out HostErrorReport report));
            Assert.Equal(ipv4 ? (11, 0) : (3, 0), (report.IcmpType, report.IcmpCode));
            Assert.Equal(IpAddress.Parse(prefix + "1"), report.Offender);
            Assert.Equal(remote.Address, report.Remote.Address);
            Assert.Equal(7, BinaryPrimitives.ReadUInt16BigEndian(quoted.AsSpan(6)));
            socket.Close();
        });
    }

    [Theory]
    [BothFamilies]
    public void SendAndReceive_InSteadyState_AllocateNothing(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        IHostDatagramSocket socket = host.OpenUdp(new Owner());
        IpEndpoint self = new(host.Loopback, socket.LocalEndpoint.Port);
        DatagramOptions marked = new(63, 0x10, DontFragment: true);
        byte[] bytes = new byte[100];
        int received = 0;
        SteadyState.AllocatesNothing(100, () =>
        {
            socket.Send(self, bytes, marked);
            received += socket.Receive(bytes, out _).LengthBytes;
        });
        Assert.Equal(100 * SteadyState.Windows * bytes.Length, received);
        socket.Close();
    }

    private static byte EchoRequest(bool ipv4) => (byte)(ipv4 ? 8 : 128);
}
