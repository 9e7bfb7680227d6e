using System.Buffers.Binary;
using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using Slipway.Testing;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

public sealed class StreamLinkTests : IDisposable
{
    private readonly LinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Frame_SplitAtEveryByte_ArrivesWhole()
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect();
        byte[] bytes = [.. Framed(Frame(1, 20)), .. Framed(Frame(2, 33))];
        for (int split = 1; split < bytes.Length; split++)
        {
            _bench.Frames.Clear();
            guest.Send(bytes.AsSpan(0, split));
            _bench.Turn();
            guest.Send(bytes.AsSpan(split));
            _bench.Until(() => _bench.Frames.Count == 2, $"both came, split at {split}");
            Assert.Equal(Frame(1, 20), _bench.Frames[0].Frame);
            Assert.Equal(Frame(2, 33), _bench.Frames[1].Frame);
        }
    }

    [Fact]
    public void Frames_SeveralInOneWrite_ArriveInOrder()
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect();
        List<byte> bytes = [];
        for (int i = 0; i < 100; i++)
        {
            bytes.AddRange(Framed(Frame(i, 14 + i)));
        }

        guest.Send(bytes.ToArray());
        _bench.Until(() => _bench.Frames.Count == 100, "all came");
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal(Frame(i, 14 + i), _bench.Frames[i].Frame);
        }
    }

    [Fact]
    public void Frame_LargestThereIs_ArrivesWhole()
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect();
        byte[] bytes = Framed(Frame(7, FrameLimits.LargestBytes));
        int sent = 0;
        guest.Blocking = false;
        _bench.Until(
            () =>
            {
                sent += guest.Send(
                    bytes.AsSpan(sent, Math.Min(5_000, bytes.Length - sent)),
                    SocketFlags.None, out _);
                return sent == bytes.Length;
            },
            "it was sent");
        _bench.Until(() => _bench.Frames.Count == 1, "it came");
        Assert.Equal(Frame(7, FrameLimits.LargestBytes), _bench.Frames[0].Frame);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData((uint)FrameLimits.LargestBytes + 1)]
    [InlineData(uint.MaxValue)]
    public void Length_Impossible_ClosesThePortAndIsReported(uint length)
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect();
        byte[] bytes = Framed(Frame(1));
        byte[] prefix = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(prefix, length);
        guest.Send([.. bytes, .. prefix, .. bytes]);
        _bench.Until(() => _bench.Closed.Count == 1, "the port closed");
        Assert.Single(_bench.Frames);
        Assert.Contains($"{length}", Assert.Single(_bench.Reports), StringComparison.Ordinal);
        Assert.Equal(0, guest.Receive(new byte[1]));
    }

    [Fact]
    public void Guest_LeavesAndReturns_IsANewPort()
    {
        using StreamLink link = _bench.Stream();
        Connect().Dispose();
        _bench.Until(() => _bench.Closed.Count == 1, "the first port closed");
        Assert.True(_bench.Opened[0].Reserve(60).IsEmpty);

        using Socket guest = Connect();
        Assert.NotEqual(_bench.Opened[0].Id, _bench.Opened[1].Id);
        guest.Send(Framed(Frame(3)));
        _bench.Until(() => _bench.Frames.Count == 1, "its frame came");
        Assert.Same(_bench.Opened[1], _bench.Frames[0].Port);
        Assert.Empty(_bench.Reports);
    }

    [Fact]
    public void Guests_Two_HaveTheirOwnPorts()
    {
        using StreamLink link = _bench.Stream();
        using Socket one = Connect();
        using Socket two = Connect();
        two.Send(Framed(Frame(2)));
        _bench.Until(() => _bench.Frames.Count == 1, "a frame came");
        Assert.Same(_bench.Opened[1], _bench.Frames[0].Port);

        Assert.True(TrySend(_bench.Opened[0], Frame(1)));
        link.Flush(default);
        Assert.Equal(Framed(Frame(1)), ReadExactly(one, 64));
        Assert.Equal(0, two.Available);
    }

    [Fact]
    public void Guest_OneTooMany_IsRefusedAndReportedOnce()
    {
        using StreamLink link = _bench.Stream();
        List<Socket> guests = [];
        for (int i = 0; i < StreamLink.MaximumGuests; i++)
        {
            guests.Add(Connect());
        }

        using Socket extra = _bench.Connect("s", SocketType.Stream);
        using Socket another = _bench.Connect("s", SocketType.Stream);
        _bench.Until(() => _bench.Reports.Count == 1, "it was reported");
        _bench.Settle();
        Assert.Equal(0, extra.Receive(new byte[1]));
        Assert.Equal(0, another.Receive(new byte[1]));
        Assert.Single(_bench.Reports);
        guests.ForEach(guest => guest.Dispose());
    }

    [Fact]
    public void SlowReader_FillsTheQueue_AndIsToldWhenItHasRoom()
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect();
        IGuestPort port = _bench.Opened[0];
        int sent = 0;
        while (TrySend(port, Frame(sent, 1514)))
        {
            sent++;
            Assert.True(sent < 10_000, "the queue has a bound");
        }

        _bench.Settle();
        Assert.True(port.Reserve(1514).IsEmpty);
        Assert.Empty(_bench.Writable);

        byte[] frame = new byte[4 + 1514];
        for (int i = 0; i < sent; i++)
        {
            _bench.Until(() => guest.Available >= frame.Length, $"frame {i} of {sent} came");
            Assert.Equal(Framed(Frame(i, 1514)), ReadExactly(guest, frame.Length));
        }

        Assert.Same(port, Assert.Single(_bench.Writable));
        Assert.True(TrySend(port, Frame(1)));
    }

    [Fact]
    public void Reservation_LongerThanTheLinksFrames_IsRefused()
    {
        using StreamLink link = _bench.Stream();
        using Socket guest = Connect();
        IGuestPort port = _bench.Opened[0];
        Assert.Equal(MtuBytes + 18, port.MaxFrameLengthBytes);
        Assert.True(port.Reserve(port.MaxFrameLengthBytes + 1).IsEmpty);
        Assert.Equal(port.MaxFrameLengthBytes, port.Reserve(port.MaxFrameLengthBytes).Length);
        Assert.Equal(port.MaxFrameLengthBytes, port.Reserved.Length);
        Assert.True(port.Commit(60));
        Assert.True(port.Reserved.IsEmpty);
        Assert.False(port.Commit(60));
    }

    [Fact]
    public void Descriptor_ItsGuestLeaves_ClosesThePortAndIsReportedOnce()
    {
        Assert.Equal(0, Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Stream, out int near, out int far));
        using StreamLink link = _bench.Start(
            StreamLink.FromDescriptor(StreamProtocol.Stream, near, MtuBytes, _bench.Reports.Add));
        Assert.Equal(64, Files.Write(far, Framed(Frame(1))));
        _bench.Until(() => _bench.Frames.Count == 1, "its frame came");
        Files.Close(far);
        _bench.Until(() => _bench.Closed.Count == 1, "the port closed");
        _bench.Settle();
        Assert.Single(_bench.Reports);
    }

    [Fact]
    public void Descriptor_OfADatagramSocket_IsRefused()
    {
        Assert.Equal(0, Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Datagram, out int near, out int far));
        Assert.Throws<LinkException>(
            () => StreamLink.FromDescriptor(
                StreamProtocol.Stream, near, MtuBytes, _bench.Reports.Add));
        Files.Close(near);
        Files.Close(far);
    }

    [Fact]
    public void Frames_ThereAndBack_AllocateNothing()
    {
        Assert.Equal(0, Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Stream, out int near, out int far));
        using StreamLink link = StreamLink.FromDescriptor(
            StreamProtocol.Stream, near, MtuBytes, _bench.Reports.Add);
        using Host.Reactor reactor = new();
        link.Start(reactor, new EchoingReceiver(), default);
        byte[] sent = Framed(Frame(1, 1514));
        byte[] received = new byte[sent.Length];
        int echoed = 0;
        SteadyState.AllocatesNothing(50, () =>
        {
            _ = Files.Write(far, sent);
            reactor.Wait(1_000_000_000);
            reactor.Dispatch(default);
            link.Flush(default);
            echoed += Files.Read(far, received);
        });
        Assert.Equal(50 * SteadyState.Windows * sent.Length, echoed);
        Assert.Equal(sent, received);
        Files.Close(far);
    }

    private Socket Connect()
    {
        int before = _bench.Opened.Count;
        Socket guest = _bench.Connect("s", SocketType.Stream);
        _bench.Until(() => _bench.Opened.Count > before, "the guest is a port");
        return guest;
    }
}
