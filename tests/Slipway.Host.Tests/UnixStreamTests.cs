using System.Net.Sockets;
using Slipway.Stack;

namespace Slipway.Host.Tests;

/// <summary>The engine's own services behind a socket pair: the same stream, over a ring.</summary>
public sealed class UnixStreamTests
{
    [Fact]
    public async Task Stream_LongerThanTheRing_ArrivesWholeThoughNothingIsDiscardedUntilItIsFull()
    {
        using HostFixture host = new();
        Owner owner = new();
        (IHostStream near, Socket far) = Open(host, owner);
        byte[] sent = HostFixture.Pattern(2 << 20);
        Task sender = SendAllAndShutDown(far, sent);

        using MemoryStream read = new();
        byte[] buffer = new byte[10_000];
        long offset = 0;
        HostIo io = default;
        while (io.Error != HostError.EndOfStream)
        {
            io = near.Peek(offset, buffer);
            read.Write(buffer, 0, io.LengthBytes);
            offset += io.LengthBytes;
            if (io.Error == HostError.WouldBlock)
            {
                // Only an edge brings on the next read, as with a flow that waits.
                owner.Seen = Readiness.None;
                Assert.Equal(HostError.None, near.Discard(offset));
                offset = 0;
                host.Until(() => owner.Seen != Readiness.None, "the rest is told");
            }
        }

        await sender;
        Assert.Equal(sent, read.ToArray());
        near.Close(reset: false);
        far.Dispose();
    }

    [Fact]
    public async Task Peek_AtOffsetsAcrossTheRingsEnd_GivesTheBytesThere()
    {
        using HostFixture host = new();
        (IHostStream near, Socket far) = Open(host, new Owner());
        byte[] sent = HostFixture.Pattern(3_000);
        byte[] read = new byte[1_000];

        for (int round = 0; round < 10; round++)
        {
            Assert.Equal(3_000, await far.SendAsync(sent));
            Assert.Equal(HostIo.Moved(1_000), near.Peek(2_000, read));
            Assert.Equal(sent[2_000..], read);
            Assert.Equal(HostIo.Moved(1_000), near.Peek(500, read));
            Assert.Equal(sent[500..1_500], read);
            Assert.Equal(HostError.None, near.Discard(3_000));
            Assert.Equal(HostIo.Failed(HostError.WouldBlock), near.Peek(0, read));
        }

        near.Close(reset: false);
        far.Dispose();
    }

    [Fact]
    public async Task HalfClose_OfEitherEnd_LeavesTheOtherWayOpen()
    {
        using HostFixture host = new();
        (IHostStream near, Socket far) = Open(host, new Owner());
        byte[] read = new byte[16];

        Assert.Equal(HostIo.Moved(1), near.Send("q"u8));
        Assert.Equal(HostError.None, near.ShutdownSend());
        Assert.Equal(1, await far.ReceiveAsync(read));
        Assert.Equal(0, await far.ReceiveAsync(read));

        await far.SendAsync("answer"u8.ToArray());
        far.Shutdown(SocketShutdown.Send);
        Assert.Equal(HostIo.Moved(6), near.Peek(0, read));
        Assert.Equal(HostIo.Failed(HostError.EndOfStream), near.Peek(6, read));
        near.Close(reset: false);
        far.Dispose();
    }

    private static (IHostStream Near, Socket Far) Open(HostFixture host, Owner owner)
    {
        HostError error = host.Network.OpenPair(
            owner, out IHostStream? near, out SafeSocketHandle? far);
        Assert.Equal(HostError.None, error);
        return (near!, new Socket(far!));
    }

    private static async Task SendAllAndShutDown(Socket far, byte[] bytes)
    {
        await Task.Yield();
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await far.SendAsync(bytes.AsMemory(sent));
        }

        far.Shutdown(SocketShutdown.Send);
    }
}
