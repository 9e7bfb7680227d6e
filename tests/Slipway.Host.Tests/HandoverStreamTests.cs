using System.Net;
using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Host.Tests;

/// <summary>A proxy's upstream takes the place of the proxy in a flow, on real sockets.</summary>
public sealed class HandoverStreamTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Fact]
    public void Held_UntilTheServiceAnswers_IsConnecting()
    {
        using HostFixture host = new();
        using HandoverFlow flow = new(host.Network, 1, isHeld: true);
        host.Turn();
        Assert.Equal((Readiness)0, flow.Told);
        Assert.Equal(HostError.InProgress, flow.Stream.FinishConnect());
        flow.Stream.Answer();
        host.Until(() => (flow.Told & Readiness.Writable) != 0, "it is told");
        Assert.Equal(HostError.None, flow.Stream.FinishConnect());
        flow.Stream.Close(reset: false);
        flow.Far.Dispose();
    }

    [Fact]
    public void Held_WhoseServiceFails_IsToldTheError()
    {
        using HostFixture host = new();
        using HandoverFlow flow = new(host.Network, 1, isHeld: true);
        flow.Stream.Fail(HostError.Refused, Reactor.Now());
        Assert.Equal(HostError.Refused, flow.Failure);
        flow.Stream.Close(reset: true);
        flow.Stream.Answer(); // too late: nothing
        flow.Far.Dispose();
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Bytes_BeforeDuringAndAfter_ArriveOnceAndInOrder(int seed)
    {
        using HostFixture host = new(usePeekOffset: seed % 3 != 0);
        Random random = new(seed);
        using HandoverFlow flow = new(host.Network, seed);
        (Socket upstream, Socket origin) = await ConnectAsync(host);
        byte[] up = HostFixture.Pattern(random.Next(3_000_000) + 200_000);
        byte[] down = HostFixture.Pattern(random.Next(3_000_000) + 200_000);

        // Of the guest's first bytes the service reads some and leaves some; likewise down.
        int guestFirst = random.Next(150_000) + 1;
        flow.Send(up[..guestFirst]);
        host.Turn();
        byte[] head = new byte[random.Next(Math.Min(guestFirst, 60_000)) + 1];
        using Socket service = new(flow.Far);
        int got = 0;
        host.Until(
            () => (got += Math.Max(0, Sockets.Receive(
                (int)flow.Far.DangerousGetHandle(), head.AsSpan(got), Sockets.MessageDontWait)))
                == head.Length,
            "the head is read");
        int early = random.Next(130_000);
        SendAll(host, flow, upstream, head);
        SendAll(host, flow, service, down.AsSpan(0, early));
        bool closesEarly = seed % 5 == 0;
        if (closesEarly)
        {
            flow.ShutDown();
            up = up[..guestFirst];
        }

        Task<byte[]> received = Task.Run(() => ReceiveAllAsync(origin));
        Task sent = Task.Run(() => SendAllAsync(origin, down.AsMemory(early)));
        flow.Stream.HandOver(service.SafeHandle, UpstreamSocket.Detach(upstream), Reactor.Now());
        if (!closesEarly)
        {
            flow.Send(up[guestFirst..]);
            flow.ShutDown();
        }

        host.Until(
            () =>
            {
                if (random.Next(3) == 0)
                {
                    flow.Acknowledge();
                }

                return received.IsCompleted && flow.HasEnded;
            },
            $"both ways end, seed {seed}");
        await sent;
        byte[] arrived = await received;
        Assert.True(arrived.AsSpan().SequenceEqual(up), $"up, seed {seed}");
        Assert.True(flow.Received.AsSpan().SequenceEqual(down), $"down, seed {seed}");
        flow.Stream.Close(reset: false);
        origin.Dispose();
    }

    [Fact]
    public async Task Flow_ClosedWhileBytesWaitForTheUpstream_LingersUntilTheyHaveGone()
    {
        using HostFixture host = new();
        using HandoverFlow flow = new(host.Network, 1);
        (Socket upstream, Socket origin) = await ConnectAsync(host, bufferBytes: 8_192);
        byte[] up = HostFixture.Pattern(120_000);
        flow.Send(up);
        flow.ShutDown();
        host.Turn();
        flow.Stream.HandOver(flow.Far, UpstreamSocket.Detach(upstream), Reactor.Now());
        flow.Stream.Close(reset: false);
        Task<byte[]> received = Task.Run(() => ReceiveAllAsync(origin));
        host.Until(() => received.IsCompleted, "all has arrived, and the end");
        Assert.Equal(up, await received);
        origin.Dispose();
    }

    [Fact]
    public async Task Reset_OfEitherSide_ReachesTheOther()
    {
        using HostFixture host = new();
        (HandoverFlow flow, Socket origin) = await HandedOverAsync(host);
        flow.Stream.Close(reset: true);
        SocketException reset =
            await Assert.ThrowsAsync<SocketException>(() => ReceiveAllAsync(origin));
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        origin.Dispose();

        (flow, origin) = await HandedOverAsync(host);
        origin.Close(0);
        host.Until(() => flow.Failure == HostError.Reset, "the flow is told");
        flow.Stream.Close(reset: true);
    }

    [Fact]
    public async Task Flow_ThatEndedBefore_ClosesTheUpstreamAsItEnded()
    {
        using HostFixture host = new();
        foreach (bool isReset in (bool[])[true, false])
        {
            using HandoverFlow flow = new(host.Network, 1);
            (Socket upstream, Socket origin) = await ConnectAsync(host);
            flow.Stream.Close(isReset);
            flow.Stream.HandOver(flow.Far, UpstreamSocket.Detach(upstream), Reactor.Now());
            Exception? error = await Record.ExceptionAsync(() => ReceiveAllAsync(origin));
            Assert.Equal(isReset, error is SocketException);
            origin.Dispose();
        }
    }

    [Fact]
    public async Task Detach_OfASocketThatWasWaitedOn_LeavesTheConnectionAndAsksNothingMore()
    {
        using HostFixture host = new();
        (Socket upstream, Socket origin) = await ConnectAsync(host);

        // A read that has to wait puts it into the runtime's epoll.
        Task<int> read = upstream.ReceiveAsync(new byte[1], SocketFlags.None);
        Assert.False(read.IsCompleted);
        await origin.SendAsync(new byte[1], SocketFlags.None);
        Assert.Equal(1, await read);
        int before = Watched(host);
        using SafeSocketHandle detached = UpstreamSocket.Detach(upstream);
        Assert.Equal(before - 1, Watched(host));
        await origin.SendAsync("abc"u8.ToArray(), SocketFlags.None);
        byte[] bytes = new byte[8];
        int length = 0;
        host.Until(
            () => (length = Sockets.Receive(
                (int)detached.DangerousGetHandle(), bytes, Sockets.MessageDontWait)) != -11,
            "what the origin sends afterwards is there");
        Assert.Equal(3, length);
        origin.Dispose();
    }

    [Fact]
    public async Task Handovers_TenThousand_LeaveNoDescriptorBehind()
    {
        using HostFixture host = new();
        using Socket listener = host.Listen(out Wire.IpEndpoint endpoint);
        IPEndPoint address = new(IPAddress.Loopback, endpoint.Port);
        int before = 0;
        for (int i = 0; i < 10_000; i++)
        {
            // The runtime opens a few of its own at the first ones.
            before = i == 100 ? Descriptors() : before;
            using HandoverFlow flow = new(host.Network, i);
            Socket upstream = new(SocketType.Stream, ProtocolType.Tcp);
            Task connect = upstream.ConnectAsync(address);
            using Socket origin = await listener.AcceptAsync();
            await connect;
            flow.Send("q"u8.ToArray());
            if (i % 3 == 0)
            {
                flow.Stream.Close(reset: i % 2 == 0);
            }

            flow.Stream.HandOver(flow.Far, UpstreamSocket.Detach(upstream), Reactor.Now());
            if (i % 3 != 0)
            {
                flow.Stream.Close(reset: i % 2 == 0);
            }
        }

        Assert.InRange(Descriptors(), 0, before + 5);
    }

    private static int Descriptors() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();

    // Sockets in epolls other than the fixture's.
    private static int Watched(HostFixture host) =>
        Directory.EnumerateFiles("/proc/self/fdinfo")
            .Where(path => Path.GetFileName(path) != $"{host.Reactor.Descriptor}")
            .Sum(path => File.ReadLines(path)
                .Count(line => line.StartsWith("tfd:", StringComparison.Ordinal)));

    private static async Task<(HandoverFlow Flow, Socket Origin)> HandedOverAsync(
        HostFixture host)
    {
        HandoverFlow flow = new(host.Network, 1);
        (Socket upstream, Socket origin) = await ConnectAsync(host);
        flow.Stream.HandOver(flow.Far, UpstreamSocket.Detach(upstream), Reactor.Now());
        host.Turn();
        return (flow, origin);
    }

    private static async Task<(Socket Upstream, Socket Origin)> ConnectAsync(
        HostFixture host, int bufferBytes = 0)
    {
        using Socket listener = host.Listen(out Wire.IpEndpoint endpoint);
        Socket upstream = new(SocketType.Stream, ProtocolType.Tcp);
        if (bufferBytes > 0)
        {
            upstream.SendBufferSize = bufferBytes;
            listener.ReceiveBufferSize = bufferBytes;
        }

        Task connect = upstream.ConnectAsync(new IPEndPoint(IPAddress.Loopback, endpoint.Port));
        Socket origin = await listener.AcceptAsync();
        await connect;
        return (upstream, origin);
    }

    private static void SendAll(
        HostFixture host, HandoverFlow flow, Socket socket, ReadOnlySpan<byte> bytes)
    {
        socket.Blocking = false;
        for (int sent = 0; sent < bytes.Length;)
        {
            int length = Sockets.Send(
                (int)socket.SafeHandle.DangerousGetHandle(), bytes[sent..]);
            sent += Math.Max(length, 0);
            if (length < 0)
            {
                host.Turn();
                flow.Acknowledge();
            }
        }
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task<byte[]> ReceiveAllAsync(Socket socket)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[100_000];
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer);
            if (length == 0)
            {
                return all.ToArray();
            }

            all.Write(buffer, 0, length);
        }
    }
}
