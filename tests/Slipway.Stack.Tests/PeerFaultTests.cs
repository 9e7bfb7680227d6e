using System.Text;
using Slipway.Stack.Tests.Tcp;
using Slipway.Stack.Tests.Udp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests;

/// <summary>
/// What has brought down other user-mode networks. Those that are near to a test of a layer stand
/// there, with the number in a comment; tests/PeerFaults.md has the table of all.
/// </summary>
public class PeerFaultTests
{
    private readonly StackBench _bench = new(VirtualNetwork.Settings6);

    [Theory]
    [InlineData(21, "PORT 192,168,127,2,256,300\r\n")]
    [InlineData(69, "\0\u0001file\0octet\0blksize\065535\0")]
    [InlineData(113, "6667, 99999999999999999999\n")]
    [InlineData(6667, "PRIVMSG a :\u0001DCC CHAT chat 3232268034 99999\u0001\n")]
    public void ProtocolHelpers_ThereAreNone_BytesPassAsTheyAre(ushort port, string line)
    {
        // CVE-2019-6778, CVE-2019-9824, CVE-2020-7039, CVE-2020-8608: ident, FTP and IRC helpers.
        TcpScript script = new();
        IpEndpoint remote = new(VirtualNetwork.Far, port);
        SimServer server = script.Host.Serve(remote);
        script.Send(script.Opening with { Destination = remote });
        Segment answer = script.Next()!;
        script.GuestNext++;
        script.EngineNext = answer.Sequence + 1;
        byte[] text = [.. Encoding.Latin1.GetBytes(line), .. new byte[1_200]];

        script.Send(script.Ack with { Destination = remote, Payload = text });

        Assert.Equal(text, server.Connection.ReadAll());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(60_000)]
    public void Echo6_WhosePayloadIsLongerThanItsFrame_IsNotAnswered(int more)
    {
        // CVE-2020-10756: the answer carried the memory behind the frame.
        byte[] frame = IcmpPacket.EchoRequest6(1, 1, [1, 2, 3]).ToFrame();
        _bench.Send(frame);
        Assert.NotEmpty(_bench.Port.TakeAll());
        int length = frame[18] * 256 + frame[19] + more;
        (frame[18], frame[19]) = ((byte)(length >> 8), (byte)length);

        _bench.Send(frame);

        Assert.Null(_bench.Port.Take());
    }

    [Fact]
    public void NcSi_OfAnyLength_IsPassedOver()
    {
        // CVE-2020-29129, -29130: NC-SI (0x88f8) was answered from memory behind the frame.
        for (int length = 14; length < 64; length++)
        {
            byte[] frame = new byte[length];
            VirtualNetwork.GatewayMac.Write(frame);
            VirtualNetwork.GuestMac.Write(frame.AsSpan(6));
            (frame[12], frame[13]) = (0x88, 0xf8);
            _bench.Send(frame);
            Assert.Null(_bench.Port.Take());
        }
    }

    [Theory]
    [InlineData(67)]
    [InlineData(69)]
    [InlineData(547)]
    public void ShortPayload_ToAServiceOverIpv6_HarmsNothing(ushort port)
    {
        // CVE-2021-3592 .. 3595, over IPv6.
        _bench.Introduce6();
        for (int length = 0; length < 10; length++)
        {
            _bench.Send(new Datagram
            {
                Source = VirtualNetwork.GuestEndpoint6,
                Destination = new(VirtualNetwork.Gateway6, port), Payload = new byte[length],
            }.ToPacket6().ToFrame());
            Assert.All(_bench.Port.TakeAll(), frame => FrameCheck.MustBeWellFormed(frame));
        }

        AssertServes();
    }

    [Fact]
    public void Urgent_AcrossWhatTheHostTook_NeverMakesALengthNegative()
    {
        // CVE-2026-9539: the length of the urgent part underflowed when part of it was sent.
        TcpScript script = new();
        SimConnection host = script.Connect();
        Random random = new(9);
        List<byte> sent = [];
        for (int i = 0; i < 500; i++)
        {
            byte[] text = new byte[random.Next(1, 60)];
            random.NextBytes(text);
            sent.AddRange(text);
            script.Send(script.Ack with
            {
                Flags = TcpFlags.Acknowledgment | TcpFlags.Urgent,
                UrgentPointer = (ushort)random.Next(65_536), Payload = text,
            });
            script.GuestNext += (uint)text.Length;
            script.TakeAll();
        }

        script.Elapse(Duration.FromSeconds(1));
        Assert.Equal(sent, host.ReadAll());
    }

    [Fact]
    public void Burst_OfManyFlowsIntoAFullLink_LosesNoFlow()
    {
        // CVE-2026-120831: a session that moved between queues corrupted both.
        _bench.Introduce();
        IpEndpoint server = new(VirtualNetwork.Far, 53);
        _bench.Host.ServeUdp(server);
        for (int round = 0; round < 20; round++)
        {
            _bench.Port.Room = round % 3;
            for (int i = 0; i < 50; i++)
            {
                _bench.Send(new Datagram
                {
                    Source = new(VirtualNetwork.Guest, (ushort)(2_000 + i)), Destination = server,
                    Payload = [(byte)round],
                }.ToFrame());
            }
        }

        _bench.Port.Room = int.MaxValue;
        _bench.Stack.OnPortWritable(_bench.Port, _bench.Clock.Now);
        _bench.Turn();
        _bench.Port.TakeAll();
        AssertServes();
    }

    [Fact]
    public void Connects_GivenUpByReset_LeaveNothingAndNoSlotTaken()
    {
        // gvisor-tap-vsock #127, gVisor #8025, #9139, tailscale #4144.
        TcpScript script = new();
        for (int i = 0; i < 5_000; i++)
        {
            Segment opening = script.Opening with
            {
                Source = new IpEndpoint(VirtualNetwork.Guest, (ushort)(10_000 + i)),
            };
            script.Send(opening);
            script.TakeAllFrames();
            script.Send(opening with
            {
                Flags = TcpFlags.Reset, Sequence = opening.Sequence + 1,
                Options = SegmentOptions.None,
            });
        }

        Assert.Equal(0, script.Layer.Count);
        Assert.Equal(0, script.Layer.HalfOpenCount);
        Assert.Equal(0, script.Host.OpenSockets);
        script.Connect();
    }

    [Fact]
    public void UdpFlows_ReusedAndExpiredUnderLoadWithPortsPublished_StayConsistent()
    {
        // podman #22925, #25959, #26073: assertions in the flow table.
        StackBench bench = new(
            VirtualNetwork.Settings with { Limits = new StackLimits { UdpFlows = 8 } });
        bench.Introduce();
        IpEndpoint local = new(IpAddress.IPv4Any, 5_353);
        IpEndpoint far = new(VirtualNetwork.Far, 53);
        IpEndpoint client = new(IpAddress.Parse("203.0.113.50"), 4_000);
        bench.Host.ServeUdp(far);
        bench.Host.ServeUdp(client);
        bench.Publish(local, new(VirtualNetwork.Guest, 53), out UdpPublication? opened);
        Random random = new(3);
        for (int i = 0; i < 3_000; i++)
        {
            bench.Send(new Datagram
            {
                Source = new(VirtualNetwork.Guest, (ushort)(53 + random.Next(12))),
                Destination = random.Next(2) == 0 ? far : client,
            }.ToFrame());
            bench.Host.SendToHost(client, local, [1]);
            bench.Turn();
            bench.Wait(Duration.FromSeconds(random.Next(100)));
            bench.Port.TakeAll();
            Assert.InRange(bench.Stack.Udp.Count, 0, 8);
        }

        opened!.Close();
        bench.Wait(Duration.FromSeconds(3_600));
        Assert.Equal(0, bench.Host.OpenSockets);
    }

    [Theory]
    [InlineData("192.168.127.1")]
    [InlineData("fd5a:94ef:e40c::1")]
    public void Gateway_OnEveryTcpPort_HasNoControlOfTheEngine(string address)
    {
        // gvisor-tap-vsock #78, #425, PR #714, CVE-2025-9074: the stack itself serves nothing.
        IpAddress gateway = IpAddress.Parse(address);
        TcpScript script = new(VirtualNetwork.Settings6, isIPv4: gateway.IsIPv4);
        for (int port = 1; port < 65_536; port++)
        {
            script.Send(script.Opening with
            {
                Destination = new IpEndpoint(gateway, (ushort)port),
            });
            Assert.True(script.Next()!.Has(TcpFlags.Reset), $"port {port}");
        }

        Assert.Equal(0, script.Host.ConnectCount);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("192.168.127.0")]
    [InlineData("192.168.127.255")]
    [InlineData("192.168.127.254")]
    [InlineData("255.255.255.255")]
    [InlineData("224.0.0.1")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("fd5a:94ef:e40c::")]
    [InlineData("fd5a:94ef:e40c::fe")]
    [InlineData("ff02::1")]
    public void Loopback_ByAnyAddressThatAGuestHas_IsNotReachedWhileTheAliasIsOff(string address)
    {
        // CVE-2025-9074: management that listens on the loopback was reached by a subnet's
        // address. The host's loopback is reached by its alias alone, and by none without it.
        StackSettings settings = VirtualNetwork.Settings6;
        StackBench bench = new(settings with
        {
            HostAlias = null, Ipv6 = settings.Ipv6! with { HostAlias = null },
        });
        bench.Introduce();
        bench.Introduce6();
        IpEndpoint place = new(IpAddress.Parse(address), 9_090);
        bool isIPv4 = place.Address.IsIPv4;
        Segment opening = TcpScript.Syn with
        {
            Source = isIPv4 ? VirtualNetwork.GuestEndpoint : VirtualNetwork.GuestEndpoint6,
            Destination = place,
        };
        Datagram datagram = new()
        {
            Source = opening.Source, Destination = place, Payload = [1],
        };

        bench.Send(isIPv4 ? opening.ToFrame() : opening.ToPacket6().ToFrame());
        bench.Send(isIPv4 ? datagram.ToFrame() : datagram.ToPacket6().ToFrame());

        Assert.Equal(0, bench.Host.ConnectCount);
        Assert.Equal(0, bench.Host.OpenSockets);
    }

    private void AssertServes()
    {
        IcmpPacket ping = IcmpPacket.EchoRequest(1, 1, [7]) with
        {
            Destination = VirtualNetwork.Gateway,
        };
        _bench.Send(ping.ToPacket());
        Assert.Contains(
            _bench.Port.TakeAll(), frame => EthernetFrame.Parse(frame).Type == 0x0800
                && IcmpPacket.ParseFrame(frame).Body is [7]);
    }
}
