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
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_472)]
    [InlineData(65_507)]
    public void Send_OfAnySize_ArrivesAndIsAnswered(int lengthBytes)
    {
        using HostFixture host = new();
        Socket peer = host.BindUdp(out IpEndpoint peerEndpoint);
        Owner owner = new();
        IHostDatagramSocket socket = Open(host, owner);
        byte[] sent = HostFixture.Pattern(lengthBytes);

        Assert.Equal(HostError.None, socket.Send(peerEndpoint, sent, s_plain));
        byte[] received = new byte[65_536];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
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

    [Fact]
    public void TryReceiveError_AfterAClosedPort_SaysPortUnreachableWithItsPayload()
    {
        using HostFixture host = new();
        Owner owner = new();
        IHostDatagramSocket socket = Open(host, owner);
        IpEndpoint closed = host.ClosedUdpPort();

        Assert.Equal(HostError.None, socket.Send(closed, "question"u8, s_plain));
        host.Until(() => (owner.Seen & Readiness.Error) != 0, "the report is told");

        byte[] quoted = new byte[64];
        Assert.True(socket.TryReceiveError(quoted, out HostErrorReport report));
        Assert.Equal(closed, report.Remote);
        Assert.Equal(IpAddress.IPv4Loopback, report.Offender);
        Assert.Equal((3, 3), (report.IcmpType, report.IcmpCode));
        Assert.Equal("question"u8.ToArray(), quoted[..report.QuotedLengthBytes]);
        Assert.False(socket.TryReceiveError(quoted, out _));
        socket.Close();
    }

    [Fact]
    public void Send_ToAnotherPeer_IsNotLostToTheFirstOnesError()
    {
        using HostFixture host = new();
        Socket peer = host.BindUdp(out IpEndpoint good);
        IHostDatagramSocket socket = Open(host, new Owner());
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

    [Fact]
    public void Receive_BehindAnError_StillGivesTheDatagram()
    {
        using HostFixture host = new();
        Socket peer = host.BindUdp(out IpEndpoint good);
        Owner owner = new();
        IHostDatagramSocket socket = Open(host, owner);
        peer.SendTo("data"u8, new IPEndPoint(IPAddress.Loopback, socket.LocalEndpoint.Port));
        socket.Send(host.ClosedUdpPort(), "lost"u8, s_plain);
        host.Until(() => (owner.Seen & Readiness.Error) != 0, "the report is told");

        byte[] received = new byte[16];
        Assert.Equal(HostIo.Moved(4), socket.Receive(received, out IpEndpoint remote));
        Assert.Equal(good, remote);
        socket.Close();
    }

    [Fact]
    public void Send_LongerThanThePathWithDontFragment_SaysTheMtuAndAboutWhat()
    {
        using Testing.NetworkNamespace space = new();
        space.Execute("ip link set lo mtu 1400 up");
        space.Run(() =>
        {
            using HostFixture host = new();
            Socket peer = host.BindUdp(out IpEndpoint remote);
            IHostDatagramSocket socket = Open(host, new Owner());
            byte[] payload = HostFixture.Pattern(1_373);
            DatagramOptions whole = s_plain with { DontFragment = true };

            Assert.Equal(HostError.MessageTooLong, socket.Send(remote, payload, whole));
            byte[] quoted = new byte[16];
            Assert.True(socket.TryReceiveError(quoted, out HostErrorReport report));
            Assert.Equal(
                new HostErrorReport(remote, IpAddress.IPv4Any, 3, 4, 1_400, quoted.Length), report);
            Assert.Equal(payload[..16], quoted);

            // What fits goes, and without DF the long one too.
            Assert.Equal(HostError.None, socket.Send(remote, payload.AsSpan(1), whole));
            Assert.Equal(HostError.None, socket.Send(remote, payload, s_plain));
            byte[] received = new byte[2_000];
            Assert.Equal(1_372, peer.Receive(received));
            Assert.Equal(1_373, peer.Receive(received));
            socket.Close();
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(255)]
    public void Send_WithATtlAndATypeOfService_PutsThemOnTheWire(byte ttl)
    {
        using Testing.NetworkNamespace space = new();
        space.Execute("ip link set lo up; sysctl -qw net.ipv4.ip_default_ttl=99");
        space.Run(() =>
        {
            using HostFixture host = new();
            using Socket sniffer = new(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Udp)
            {
                ReceiveTimeout = 20_000,
            };
            sniffer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            host.BindUdp(out IpEndpoint remote);
            IHostDatagramSocket socket = Open(host, new Owner());

            DatagramOptions marked = new(ttl, 0xb8, DontFragment: true);
            Assert.Equal(HostError.None, socket.Send(remote, "x"u8, marked));
            byte[] packet = new byte[64];
            Assert.Equal(29, sniffer.Receive(packet));
            Assert.Equal((ttl, 0xb8), (packet[8], packet[1]));
            Assert.Equal(0x40, packet[6]);
            socket.Close();
        });
    }

    [Fact]
    public void Send_ToABroadcastAddress_IsProhibited()
    {
        using HostFixture host = new();
        IHostDatagramSocket socket = Open(host, new Owner());
        IpEndpoint broadcast = new(IpAddress.Parse("127.255.255.255"), 9);
        Assert.Equal(HostError.Prohibited, socket.Send(broadcast, "x"u8, s_plain));
        socket.Close();
    }

    [Fact]
    public void BindUdp_ToATakenPort_SaysSo()
    {
        using HostFixture host = new();
        host.BindUdp(out IpEndpoint taken);
        Assert.Equal(
            HostError.AddressInUse, host.Network.BindUdp(taken, new Owner(),
                out IHostDatagramSocket? none));
        Assert.Null(none);
    }

    [Fact]
    public void OpenPing_WhereTheGroupRangeForbids_IsProhibited()
    {
        using Testing.NetworkNamespace space = new();
        space.Run(() =>
        {
            using HostFixture host = new();
            Assert.Equal(HostError.Prohibited, host.Network.OpenPing(true, new Owner(), out _));
        });
    }

    [Fact]
    public void Ping_OfTheLoopback_IsAnsweredWithIdentifierAndPayload()
    {
        using Testing.NetworkNamespace space = new();
        space.Execute("ip link set lo up; sysctl -qw net.ipv4.ping_group_range='0 2147483647'");
        space.Run(() =>
        {
            using HostFixture host = new();
            Owner owner = new();
            Assert.Equal(
                HostError.None, host.Network.OpenPing(true, owner,
                    out IHostDatagramSocket? socket));
            byte[] echo = [8, 0, 0, 0, 0, 0, 0, 7, (byte)'p', (byte)'i', (byte)'n', (byte)'g'];
            IpEndpoint remote = new(IpAddress.IPv4Loopback, 0);

            Assert.Equal(HostError.None, socket!.Send(remote, echo, s_plain));
            host.Until(() => (owner.Seen & Readiness.Readable) != 0, "the echo reply is told");
            byte[] reply = new byte[64];
            Assert.Equal(HostIo.Moved(12), socket.Receive(reply, out IpEndpoint from));
            Assert.Equal(IpAddress.IPv4Loopback, from.Address);
            Assert.Equal(0, reply[0]);
            Assert.Equal(7, BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan(6)));
            Assert.Equal("ping"u8.ToArray(), reply[8..12]);
            socket.Close();
        });
    }

    [Fact]
    public void Ping_WhoseTtlEndsOnTheWay_SaysWhoEndedIt()
    {
        using Testing.NetworkNamespace near = new();
        using Testing.NetworkNamespace router = new();
        near.Execute("ip link set lo up; sysctl -qw net.ipv4.ping_group_range='0 2147483647'; "
            + $"ip link add v0 type veth peer name v1 netns {router.Path.Split('/')[2]}; "
            + "ip addr add 198.51.100.2/24 dev v0; ip link set v0 up; "
            + "ip route add default via 198.51.100.1");
        router.Execute("sysctl -qw net.ipv4.ip_forward=1; ip addr add 198.51.100.1/24 dev v1; "
            + "ip link set v1 up; ip link set lo up; ip route add 203.0.113.0/24 dev v1");
        near.Run(() =>
        {
            using HostFixture host = new();
            Owner owner = new();
            Assert.Equal(
                HostError.None, host.Network.OpenPing(true, owner,
                    out IHostDatagramSocket? socket));
            byte[] echo = [8, 0, 0, 0, 0, 0, 0, 7];
            IpEndpoint remote = new(IpAddress.Parse("203.0.113.9"), 0);

            Assert.Equal(HostError.None, socket!.Send(remote, echo, new DatagramOptions(1, 0,
                true)));
            host.Until(() => (owner.Seen & Readiness.Error) != 0, "time exceeded is told");
            byte[] quoted = new byte[64];
            Assert.True(socket.TryReceiveError(quoted, out HostErrorReport report));
            Assert.Equal((11, 0), (report.IcmpType, report.IcmpCode));
            Assert.Equal(IpAddress.Parse("198.51.100.1"), report.Offender);
            Assert.Equal(remote.Address, report.Remote.Address);
            Assert.Equal(7, BinaryPrimitives.ReadUInt16BigEndian(quoted.AsSpan(6)));
            socket.Close();
        });
    }

    [Fact]
    public void SendAndReceive_InSteadyState_AllocateNothing()
    {
        using HostFixture host = new();
        IHostDatagramSocket socket = Open(host, new Owner());
        IpEndpoint self = new(IpAddress.IPv4Loopback, socket.LocalEndpoint.Port);
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

    private static IHostDatagramSocket Open(HostFixture host, Owner owner)
    {
        Assert.Equal(HostError.None, host.Network.OpenUdp(true, owner,
            out IHostDatagramSocket? socket));
        return socket!;
    }
}
