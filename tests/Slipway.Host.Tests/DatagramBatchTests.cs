using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>Many datagrams in one call, as this machine's kernel cuts and joins them.</summary>
public sealed class DatagramBatchTests
{
    private static readonly DatagramOptions s_plain = new(64, 0, DontFragment: false);

    [Theory]
    [BothFamilies(5_000, 1_400)]
    [BothFamilies(64_000, 1_000)]
    [BothFamilies(9, 2)]
    public void Segments_SentInOneCall_ArriveApart(bool ipv4, int lengthBytes, int segmentBytes)
    {
        using HostFixture host = new(ipv4: ipv4);
        Socket peer = host.BindUdp(out IpEndpoint peerEndpoint);
        IHostDatagramSocket socket = host.OpenUdp(new Owner());
        byte[] sent = HostFixture.Pattern(lengthBytes);

        Assert.Equal(
            HostError.None, socket.SendSegments(peerEndpoint, sent, segmentBytes, s_plain));
        byte[] received = new byte[65_536];
        for (int offset = 0; offset < lengthBytes; offset += segmentBytes)
        {
            int length = Math.Min(segmentBytes, lengthBytes - offset);
            Assert.Equal(length, peer.Receive(received));
            Assert.Equal(sent.AsSpan(offset, length).ToArray(), received[..length]);
        }

        socket.Close();
    }

    [Theory]
    [BothFamilies]
    public void Segments_LongerThanThePath_AreRefusedWhole(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Socket peer = host.BindUdp(out IpEndpoint peerEndpoint);
        IHostDatagramSocket socket = host.OpenUdp(new Owner());

        // Loopback carries 65,536 bytes: more segments than the kernel takes are the other bound.
        Assert.NotEqual(
            HostError.None, socket.SendSegments(peerEndpoint, new byte[60_000], 10, s_plain));
        Assert.Equal(0, peer.Available);
        socket.Close();
    }

    /// <summary>The report names the remote of these, not of what was too long before.</summary>
    [Theory]
    [BothFamilies]
    public void Segments_LongerThanADatagram_AreReportedOfTheirOwnRemote(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        _ = host.BindUdp(out IpEndpoint first);
        _ = host.BindUdp(out IpEndpoint second);
        IHostDatagramSocket socket = host.OpenUdp(new Owner());
        byte[] payload = new byte[65_530];
        byte[] quoted = new byte[512];
        Assert.Equal(HostError.MessageTooLong, socket.Send(first, payload, s_plain));
        Assert.True(socket.TryReceiveError(quoted, out _));
        Assert.Equal(
            HostError.MessageTooLong, socket.SendSegments(second, payload, 1_170, s_plain));
        Assert.True(socket.TryReceiveError(quoted, out HostErrorReport report));
        Assert.Equal(second, report.Remote);
        socket.Close();
    }

    /// <summary>One engine's joined send is another's joined receive.</summary>
    [Theory]
    [BothFamilies]
    public void ReceiveMany_OfWhatWaits_HoldsEveryDatagramApart(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        IHostDatagramSocket receiver = host.OpenUdp(new Owner());
        IHostDatagramSocket sender = host.OpenUdp(new Owner());
        IpEndpoint to = new(host.Loopback, receiver.LocalEndpoint.Port);
        byte[] pattern = HostFixture.Pattern(20_000);
        Assert.Equal(HostError.None, sender.SendSegments(to, pattern, 1_200, s_plain));
        Assert.Equal(HostError.None, sender.Send(to, [], s_plain));
        for (int i = 1; i <= 60; i++)
        {
            Assert.Equal(HostError.None, sender.Send(to, pattern.AsSpan(0, i), s_plain));
        }

        List<byte[]> got = [];
        DatagramBatch batch = new();
        int calls = 0;
        while (receiver.ReceiveMany(batch) == HostError.None)
        {
            calls++;
            Take(batch, new IpEndpoint(host.Loopback, sender.LocalEndpoint.Port), got);
        }

        int[] expected = [.. Enumerable.Repeat(1_200, 16), 800, 0, .. Enumerable.Range(1, 60)];
        Assert.Equal(expected, got.Select(datagram => datagram.Length));
        Assert.Equal(pattern, got.Take(17).SelectMany(datagram => datagram));
        Assert.InRange(calls, 2, 3);
        receiver.Close();
        sender.Close();
    }

    [Theory]
    [BothFamilies]
    public void ReceiveMany_InSteadyState_AllocatesNothing(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        IHostDatagramSocket receiver = host.OpenUdp(new Owner());
        IHostDatagramSocket sender = host.OpenUdp(new Owner());
        IpEndpoint to = new(host.Loopback, receiver.LocalEndpoint.Port);
        byte[] payload = HostFixture.Pattern(10_000);
        DatagramBatch batch = new();
        int received = 0;
        SteadyState.AllocatesNothing(50, () =>
        {
            _ = sender.SendSegments(to, payload, 1_000, s_plain);
            received += receiver.ReceiveMany(batch) == HostError.None ? batch.LengthBytes(0) : 0;
        });
        Assert.Equal(50 * SteadyState.Windows * payload.Length, received);
        receiver.Close();
        sender.Close();
    }

    private static void Take(DatagramBatch batch, IpEndpoint sender, List<byte[]> got)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            Assert.Equal(sender, batch.Remote(i));
            int length = batch.LengthBytes(i);
            int segment = Math.Max(batch.SegmentBytes(i), 1);
            for (int offset = 0; offset < length || offset == 0; offset += segment)
            {
                int piece = Math.Min(segment, length - offset);
                got.Add(batch.Datagram(i, offset, piece)[DatagramBatch.RoomBytes..].ToArray());
            }
        }
    }
}
