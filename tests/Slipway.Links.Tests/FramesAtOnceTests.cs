using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

/// <summary>
/// Each kind of link takes no more of a guest in a turn than it is told to, and loses nothing.
/// </summary>
public sealed class FramesAtOnceTests : IDisposable
{
    private const int Sent = 40;
    private const int Most = 3;

    private readonly LinkBench _bench = new() { MostFrames = Most };

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(60)]
    [InlineData(1_514)]
    public void Stream_TakesTheBytesOfSoMany(int frameBytes)
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect(SocketType.Stream, "s");
        Send(i => guest.Send(Framed(Frame(i, frameBytes))));
        TakeAll(frameBytes);
    }

    [Fact]
    public void Stream_OfFramesThatGrow_LearnsTheirLength()
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect(SocketType.Stream, "s");
        guest.Send(Framed(Frame(1)));
        guest.Send(Framed(Frame(2, 65_000)));
        int turns = 0;
        _bench.Until(() => _bench.Frames.Count == 2 || ++turns > 10, "both came");
        Assert.Equal(Frame(2, 65_000), _bench.Frames[1].Frame);
    }

    /// <summary>How long a frame is says nothing of the next ones.</summary>
    [Fact]
    public void Stream_OfManyBehindALargeOne_TakesNoMore()
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect(SocketType.Stream, "s");
        guest.Send((byte[])[.. Framed(Frame(0, 65_000)), .. Framed(Frame(1, 65_000))]);
        _bench.Until(() => _bench.Frames.Count == 2, "the large ones came");
        _bench.Frames.Clear();
        Send(i => guest.Send(Framed(Frame(i))));
        TakeAll();
    }

    [Fact]
    public void SeqPacket_TakesSoMany()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.SeqPacket);
        using Socket guest = Connect(SocketType.Seqpacket, "s");
        Send(i => guest.Send(Frame(i)));
        TakeAll();
    }

    [Fact]
    public void Datagram_TakesSoManyOfAGuestThatIsKnown()
    {
        using DatagramLink link = _bench.Datagram();
        using Socket guest = _bench.Connect("d", SocketType.Dgram, "g");
        guest.Send(Frame(0));
        _bench.Until(() => _bench.Frames.Count == 1, "the first came");
        guest.Blocking = false;
        int sent = 1;
        while (sent < Sent && TrySend(guest, Frame(sent)))
        {
            sent++; // as many as the kernel lets wait
        }

        Assert.True(sent > 2 * Most);
        TakeAll(Frame(0).Length, sent);
    }

    [Fact]
    public void Ring_TakesSoMany()
    {
        RingLink link = _bench.Start(RingLink.Create(
            SharedRingLayout.SmallestRingBytes, isShared: false, MtuBytes, Offloads.None,
            _bench.Reports.Add));
        SharedRingWriter peer = link.Memory.WriterToEngine();
        Send(i =>
        {
            byte[] record = [.. new byte[VirtioNetHeader.MergedLengthBytes], .. Frame(i)];
            record.CopyTo(peer.Reserve(record.Length));
            peer.Commit(record.Length);
        });
        peer.Publish();
        Epoll.Signal(link.Doorbell);
        TakeAll();
    }

    private Socket Connect(SocketType type, string name)
    {
        Socket guest = _bench.Connect(name, type);
        _bench.Until(() => _bench.Opened.Count > 0, "the guest is a port");
        return guest;
    }

    private static void Send(Action<int> send)
    {
        for (int i = 0; i < Sent; i++)
        {
            send(i);
        }
    }

    private static bool TrySend(Socket guest, byte[] frame)
    {
        try
        {
            return guest.Send(frame) == frame.Length;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            return false;
        }
    }

    private void TakeAll(int frameBytes = 60, int sent = Sent)
    {
        while (_bench.Frames.Count < sent)
        {
            int before = _bench.Frames.Count;
            _bench.Turn();
            Assert.InRange(_bench.Frames.Count - before, 1, Most);
        }

        Assert.Equal(
            Enumerable.Range(0, sent).Select(i => Frame(i, frameBytes)),
            _bench.Frames.Select(one => one.Frame));
    }
}
