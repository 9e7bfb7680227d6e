using Slipway.Stack.Tests.Tcp;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Guests;

/// <summary>What a guest has of the memory for what the host does not take.</summary>
public sealed class ReceiveMemoryShareTests
{
    [Fact]
    public void Text_OfOneGuestToAHostThatTakesNothing_LeavesMemoryForAnothers()
    {
        const int bytes = 20 * ChunkPool.ChunkBytes;
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { TcpReceiveBytes = bytes },
        });
        bench.Host.Serve(VirtualNetwork.FarEndpoint).SendBufferBytes = 1;
        RecordingPort quiet = bench.Open(2);
        for (ushort i = 0; i < 40; i++)
        {
            Stuff(bench, GuestShareTests.Syn(i), bench.Port, VirtualNetwork.GuestMac);
        }

        GuestBound memory = GuestShareTests.Bound(bench, "tcpReceiveBytes");
        Assert.Equal(bytes / 2, memory.Used);
        Assert.Equal(bytes, memory.Most);
        Assert.True(memory.RefusedOfShare > 0);
        Assert.Equal(0, memory.Refused);
        Segment syn = TcpScript.Syn with
        {
            Source = new IpEndpoint(StackBench.OtherGuest, 5_000),
        };
        Assert.Equal(40_000, Stuff(bench, syn, quiet, StackBench.OtherMac));
        Assert.Equal((bytes / 2) + (2 * ChunkPool.ChunkBytes), memory.Used);

        bench.Stack.Flows.Close(bench.Clock.Now);
        Assert.Equal(0, memory.Used);
    }

    [Fact]
    public void Text_OfAGuestThatIsAlone_LeavesAPartToTheNext()
    {
        const int bytes = 16 * ChunkPool.ChunkBytes;
        StackBench bench = new(VirtualNetwork.Settings with
        {
            Limits = new StackLimits { TcpReceiveBytes = bytes },
        });
        bench.Host.Serve(VirtualNetwork.FarEndpoint).SendBufferBytes = 1;
        for (ushort i = 0; i < 40; i++)
        {
            Stuff(bench, GuestShareTests.Syn(i), bench.Port, VirtualNetwork.GuestMac);
        }

        Assert.Equal(bytes / 8 * 7, GuestShareTests.Bound(bench, "tcpReceiveBytes").Used);
    }

    /// <summary>All of what little memory there is may be one chunk of each guest.</summary>
    [Fact]
    public void Chunk_OfAGuestThatHasNone_IsGivenWhateverItsShare()
    {
        GuestShares shares = new();
        ChunkPool pool = new(
            shares, new StackLimits { TcpReceiveBytes = 2 * ChunkPool.ChunkBytes });
        shares.OnPortOpened();
        shares.OnPortOpened();
        byte[]? first = pool.TryRent(1);
        Assert.NotNull(first);
        Assert.Null(pool.TryRent(1));
        Assert.NotNull(pool.TryRent(2));
        Assert.Null(pool.TryRent(3));
        Assert.Equal((1, 1), (pool.Refused, pool.RefusedOfShare));
        pool.Return(first, 1);
        Assert.NotNull(pool.TryRent(3));
    }

    /// <summary>Flows of the guest that has much offer less, those of others do not.</summary>
    [Fact]
    public void Pressure_IsOnTheGuestThatHasHalfOfItsShare()
    {
        GuestShares shares = new();
        ChunkPool pool = new(
            shares, new StackLimits { TcpReceiveBytes = 40 * ChunkPool.ChunkBytes });
        shares.OnPortOpened();
        shares.OnPortOpened();
        for (int i = 0; i < 10; i++)
        {
            Assert.False(pool.IsUnderPressure(1));
            pool.TryRent(1);
        }

        pool.TryRent(1);
        Assert.True(pool.IsUnderPressure(1));
        Assert.False(pool.IsUnderPressure(2));
    }

    /// <summary>Connects, and sends 40,000 bytes that the host does not take.</summary>
    /// <returns>Bytes that are acknowledged, so held.</returns>
    private static long Stuff(
        StackBench bench, Segment syn, RecordingPort port, MacAddress mac)
    {
        const int segmentBytes = 1_000;
        Segment opened = GuestShareTests.Connect(bench, syn, port, mac);
        SequenceNumber first = new(syn.Sequence + 1);
        long held = 0;
        for (uint sent = 0; sent < 40_000; sent += segmentBytes)
        {
            Segment text = syn with
            {
                Flags = TcpFlags.Acknowledgment, Options = SegmentOptions.None,
                Sequence = syn.Sequence + 1 + sent, Acknowledgment = opened.Sequence + 1,
                Payload = new byte[segmentBytes],
            };
            bench.Send(
                new EthernetFrame { Source = mac, Payload = text.ToPacket().ToBytes() }.ToBytes(),
                port);
            foreach (byte[] frame in port.TakeAll())
            {
                Segment answer = Segment.ParseFrame(frame);
                held = Math.Max(held, new SequenceNumber(answer.Acknowledgment) - first);
            }
        }

        return held;
    }
}
