using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>
/// TCP at the host, read in place: with SO_PEEK_OFF and as on kernels without it.
/// </summary>
public sealed class TcpStreamTests
{
    [Theory]
    [BothFamilies(true)]
    [BothFamilies(false)]
    public void Peek_AtOffsets_GivesTheBytesThereUntilTheyAreDiscarded(
        bool ipv4, bool usePeekOffset)
    {
        using HostFixture host = new(usePeekOffset, ipv4);
        (IHostStream near, Socket far) = host.Connect(new Owner());
        byte[] sent = HostFixture.Pattern(10_000);
        far.Send(sent);
        byte[] read = new byte[4_000];

        AwaitPeek(host, near, 6_000, read);
        Assert.Equal(sent[6_000..], read);

        // A retransmission goes back, and the next new byte forward again.
        AwaitPeek(host, near, 0, read);
        Assert.Equal(sent[..4_000], read);
        AwaitPeek(host, near, 4_000, read);
        Assert.Equal(sent[4_000..8_000], read);

        Assert.Equal(HostError.None, near.Discard(3_000));
        AwaitPeek(host, near, 1_000, read);
        Assert.Equal(sent[4_000..8_000], read);
        Assert.Equal(HostIo.Failed(HostError.WouldBlock), near.Peek(7_000, read));

        Assert.Equal(HostError.None, near.Discard(7_000));
        Assert.Equal(HostIo.Failed(HostError.WouldBlock), near.Peek(0, read));
        near.Close(reset: false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Stream_PeekedAndDiscardedInUnevenSteps_ArrivesWhole(bool usePeekOffset)
    {
        using HostFixture host = new(usePeekOffset);
        Owner owner = new();
        (IHostStream near, Socket far) = host.Connect(owner);
        byte[] sent = HostFixture.Pattern(4 << 20);
        Thread sender = new(() => SendAllAndShutDown(far, sent));
        sender.Start();

        Random random = new(7);
        using MemoryStream read = new();
        byte[] buffer = new byte[70_000];
        long offset = 0;
        HostIo io = default;
        while (io.Error != HostError.EndOfStream)
        {
            owner.Seen = Readiness.None;
            io = near.Peek(offset, buffer.AsSpan(0, random.Next(1, buffer.Length)));
            read.Write(buffer, 0, io.LengthBytes);
            offset += io.LengthBytes;
            if (io.Error == HostError.WouldBlock || random.Next(3) == 0)
            {
                long discarded = io.Error == HostError.WouldBlock ? offset
                    : random.NextInt64(offset + 1);
                Assert.Equal(HostError.None, near.Discard(discarded));
                offset -= discarded;
            }

            if (io.Error == HostError.WouldBlock)
            {
                host.Until(() => owner.Seen != Readiness.None, "more arrives");
            }
        }

        sender.Join();
        Assert.Equal(sent, read.ToArray());
        near.Close(reset: false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Peek_AfterThePeersFin_SaysEndOfStreamBehindTheLastByteOnly(bool usePeekOffset)
    {
        using HostFixture host = new(usePeekOffset);
        Owner owner = new();
        (IHostStream near, Socket far) = host.Connect(owner);
        far.Send("last"u8);
        far.Shutdown(SocketShutdown.Send);
        host.Until(() => (owner.Seen & Readiness.PeerClosed) != 0, "the FIN is told");
        byte[] read = new byte[16];

        Assert.Equal(HostIo.Failed(HostError.EndOfStream), near.Peek(4, read));
        Assert.Equal(HostIo.Moved(4, isDrained: true), near.Peek(0, read));
        Assert.Equal(HostError.None, near.Discard(4));
        Assert.Equal(HostIo.Failed(HostError.EndOfStream), near.Peek(0, read));

        // The other direction is open still.
        Assert.Equal(HostIo.Moved(5), near.Send("reply"u8));
        Assert.Equal(HostError.None, near.ShutdownSend());
        Assert.Equal(5, far.Receive(read));
        Assert.Equal(0, far.Receive(read));
        near.Close(reset: false);
    }

    [Fact]
    public void Peek_OfAnUrgentByte_FindsItInItsPlace()
    {
        using HostFixture host = new();
        (IHostStream near, Socket far) = host.Connect(new Owner());
        far.Send("ab"u8);
        far.Send("!"u8, SocketFlags.OutOfBand);
        far.Send("cd"u8);
        byte[] read = new byte[5];

        for (int offset = 0; offset < read.Length; offset++)
        {
            AwaitPeek(host, near, offset, read.AsSpan(offset, 1));
        }

        Assert.Equal("ab!cd"u8.ToArray(), read);
        Assert.Equal(HostError.None, near.Discard(5));
        near.Close(reset: false);
    }

    [Theory]
    [BothFamilies]
    public void ConnectTcp_ToAPortWhereNobodyListens_IsRefused(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Socket listener = host.Listen(out IpEndpoint endpoint);
        listener.Dispose();
        Owner owner = new();

        HostError error = host.Network.ConnectTcp(endpoint, owner, out IHostStream? stream);
        if (error == HostError.InProgress)
        {
            host.Until(() => (owner.Seen & Readiness.Error) != 0, "the refusal is told");
            error = stream!.FinishConnect();
            stream.Close(reset: false);
        }

        Assert.Equal(HostError.Refused, error);
    }

    [Theory]
    [BothFamilies]
    public void ConnectTcp_WithoutARoute_FailsAtOnceAndMakesNoSocket(bool ipv4)
    {
        using Testing.NetworkNamespace empty = new();
        empty.Run(() =>
        {
            using HostFixture inside = new(ipv4: ipv4);
            IpEndpoint remote = new(IpAddress.Parse(ipv4 ? "192.0.2.1" : "2001:db8::1"), 80);
            HostError error = inside.Network.ConnectTcp(
                remote, new Owner(), out IHostStream? stream);
            Assert.Equal(HostError.NetworkUnreachable, error);
            Assert.Null(stream);
        });
    }

    [Theory]
    [BothFamilies]
    public void Peek_AfterThePeersReset_SaysReset(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        Owner owner = new();
        (IHostStream near, Socket far) = host.Connect(owner);
        far.LingerState = new LingerOption(enable: true, seconds: 0);
        far.Close();
        host.Until(() => (owner.Seen & Readiness.Error) != 0, "the reset is told");

        Assert.Equal(HostIo.Failed(HostError.Reset), near.Peek(0, new byte[8]));
        Assert.Equal(HostError.Reset, near.Send("x"u8).Error);
        near.Close(reset: false);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Close_WithAndWithoutReset_IsSeenSoByThePeer(bool reset)
    {
        using HostFixture host = new();
        (IHostStream near, Socket far) = host.Connect(new Owner());
        near.Close(reset);

        if (reset)
        {
            SocketException e = Assert.Throws<SocketException>(() => far.Receive(new byte[8]));
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }
        else
        {
            Assert.Equal(0, far.Receive(new byte[8]));
        }
    }

    [Fact]
    public void Send_ToAPeerThatDoesNotRead_TakesAPartThenBlocksThenTellsWritable()
    {
        using HostFixture host = new();
        Owner owner = new();
        (IHostStream near, Socket far) = host.Connect(owner);
        byte[] bytes = new byte[1 << 20];
        long taken = 0;
        HostIo io;
        while ((io = near.Send(bytes)).Error == HostError.None)
        {
            taken += io.LengthBytes;
            Assert.True(taken < 1 << 28, "the kernel's buffers end somewhere");
        }

        Assert.Equal(HostError.WouldBlock, io.Error);
        owner.Seen = Readiness.None;
        while (taken > 0)
        {
            taken -= far.Receive(bytes);
        }

        host.Until(() => (owner.Seen & Readiness.Writable) != 0, "room is told");
        Assert.Equal(HostError.None, near.Send(bytes).Error);
        near.Close(reset: true);
    }

    [Fact]
    public void Owner_OfAStreamWithPeekedBytes_IsNotToldOverAndOver()
    {
        using HostFixture host = new();
        Owner owner = new();
        (IHostStream near, Socket far) = host.Connect(owner);
        far.Send("held"u8);
        host.Until(() => (owner.Seen & Readiness.Readable) != 0, "the bytes are told");
        near.Peek(0, new byte[16]);
        int calls = owner.Calls;

        for (int i = 0; i < 10; i++)
        {
            host.Turn(1_000_000);
        }

        Assert.Equal(calls, owner.Calls);
        near.Close(reset: false);
    }

    [Theory]
    [BothFamilies]
    public void PeekDiscardSend_InSteadyState_AllocateNothing(bool ipv4)
    {
        using HostFixture host = new(ipv4: ipv4);
        (IHostStream near, Socket far) = host.Connect(new Owner());
        byte[] sent = new byte[1_000];
        byte[] read = new byte[1_000];
        far.Send(sent);
        AwaitPeek(host, near, 0, read);

        SteadyState.AllocatesNothing(50, () =>
        {
            near.Peek(0, read);
            near.Peek(500, read);
            near.Discard(1);
            near.Send(read.AsSpan(0, 10));
        });
        near.Close(reset: true);
    }

    private static void AwaitPeek(HostFixture host, IHostStream near, long offset, Span<byte> read)
    {
        byte[] scratch = new byte[read.Length];
        host.Until(
            () => near.Peek(offset, scratch).LengthBytes == scratch.Length, $"bytes at {offset}");
        scratch.CopyTo(read);
    }

    [Fact]
    public void Send_OfManyPieces_TakesThemInOrderAsFarAsThereIsRoom()
    {
        using HostFixture host = new();
        (IHostStream near, Socket far) = host.Connect(new Owner());
        byte[] bytes = GC.AllocateUninitializedArray<byte>(16 << 20, pinned: true);
        HostFixture.Pattern(bytes.Length).CopyTo(bytes, 0);
        Random random = new(11);
        GatheredText text = new();
        byte[] read = new byte[bytes.Length];
        int sent = 0;
        int received = 0;
        bool wasShort = false;
        while (sent < bytes.Length)
        {
            text.Clear();
            int end = sent;
            while (text.Count < GatheredText.Capacity && end < bytes.Length)
            {
                int length = Math.Min(random.Next(1, 20_000), bytes.Length - end);
                text.Add(bytes.AsMemory(end, length));
                end += length;
            }

            HostIo io = near.Send(text);
            sent += io.LengthBytes;
            bool isShort = io.LengthBytes < text.LengthBytes;
            wasShort |= isShort && io.LengthBytes > 0;
            while (received < sent && (isShort || sent == bytes.Length))
            {
                received += far.Receive(read.AsSpan(received));
            }
        }

        Assert.True(wasShort);
        Assert.True(read.AsSpan().SequenceEqual(bytes));
        near.Close(reset: false);
    }

    private static void SendAllAndShutDown(Socket far, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += far.Send(bytes.AsSpan(sent));
        }

        far.Shutdown(SocketShutdown.Send);
    }
}
