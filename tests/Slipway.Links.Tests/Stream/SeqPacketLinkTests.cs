using System.Net.Sockets;
using Slipway.Stack;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

/// <summary>What BESS and UML speak: the kernel keeps frames apart.</summary>
public sealed class SeqPacketLinkTests : IDisposable
{
    private readonly LinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Frames_OfAllLengths_ArriveWholeAndInOrder()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.SeqPacket);
        using Socket guest = Connect();
        int[] lengths = [1, 14, 60, 1_514, 65_553];
        foreach (int length in lengths)
        {
            guest.Send(Frame(length, length));
            _bench.Until(() => _bench.Frames.Count > 0, $"one of {length} bytes came");
            Assert.Equal(Frame(length, length), Assert.Single(_bench.Frames).Frame);
            _bench.Frames.Clear();
        }

        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Frames_OfOneTurn_GoOutAsOnePacketEach()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.SeqPacket);
        using Socket guest = Connect();
        Assert.True(TrySend(_bench.Opened[0], Frame(1, 60)));
        Assert.True(TrySend(_bench.Opened[0], Frame(2, 1_514)));
        link.Flush(default);
        byte[] buffer = new byte[4_096];
        Assert.Equal(Frame(1, 60), buffer[..guest.Receive(buffer)]);
        Assert.Equal(Frame(2, 1_514), buffer[..guest.Receive(buffer)]);
    }

    [Fact]
    public void SlowReader_LosesNoneThatWasTaken_AndIsToldWhenThereIsRoom()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.SeqPacket);
        using Socket guest = Connect();
        IGuestPort port = _bench.Opened[0];
        int taken = 0;
        while (TrySend(port, Frame(taken, 1_000)))
        {
            taken++;
            link.Flush(default);
            Assert.InRange(taken, 1, 100_000);
        }

        byte[] buffer = new byte[4_096];
        int seen = 0;
        guest.Blocking = false;
        _bench.Until(
            () =>
            {
                while (guest.Receive(buffer, SocketFlags.None, out SocketError error) is int length
                    && error == SocketError.Success)
                {
                    Assert.Equal(Frame(seen, 1_000), buffer[..length]);
                    seen++;
                }

                return seen == taken;
            },
            "all that was taken came");
        Assert.Same(port, Assert.Single(_bench.Writable));
    }

    [Fact]
    public void Guest_Leaves_ItsPortCloses()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.SeqPacket);
        Connect().Dispose();
        _bench.Until(() => _bench.Closed.Count == 1, "the port closed");
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Flood_OfOneGuest_LeavesATurnForOthers()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.SeqPacket);
        using Socket guest = Connect();
        guest.Blocking = false;
        while (guest.Send(Frame(1), SocketFlags.None, out SocketError error) > 0
            && error == SocketError.Success)
        {
        }

        _bench.Turn();
        Assert.InRange(_bench.Frames.Count, 1, 64);
        _bench.Until(() => guest.Available == 0 && _bench.Frames.Count > 64, "the rest came");
    }

    private Socket Connect()
    {
        Socket guest = _bench.Connect("s", SocketType.Seqpacket);
        _bench.Until(() => _bench.Opened.Count > 0, "the guest is a port");
        return guest;
    }
}
