using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Stack;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

public sealed class DatagramLinkTests : IDisposable
{
    private readonly LinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Guest_FirstFrame_OpensAPortThatAnswers()
    {
        using DatagramLink link = _bench.Datagram();
        using Socket guest = _bench.Connect("d", SocketType.Dgram, "g");
        guest.Send(Frame(1));
        _bench.Until(() => _bench.Frames.Count == 1, "its frame came");
        Assert.Same(Assert.Single(_bench.Opened), _bench.Frames[0].Port);
        Assert.Equal(Frame(1), _bench.Frames[0].Frame);

        Assert.True(TrySend(_bench.Opened[0], Frame(2)));
        Assert.Equal(Frame(2), Receive(guest));
    }

    [Fact]
    public void Greeting_OfVfkit_OpensAPortAndIsNoFrame()
    {
        using DatagramLink link = _bench.Datagram();
        using Socket guest = _bench.Connect("d", SocketType.Dgram, "g");
        guest.Send("VFKT"u8);
        _bench.Until(() => _bench.Opened.Count == 1, "the guest is a port");
        guest.Send(Frame(1));
        _bench.Until(() => _bench.Frames.Count > 0, "its frame came");
        Assert.Equal(Frame(1), Assert.Single(_bench.Frames).Frame);
        Assert.Single(_bench.Opened);
    }

    [Fact]
    public void Guests_Two_HaveTheirOwnPorts()
    {
        using DatagramLink link = _bench.Datagram();
        using Socket one = _bench.Connect("d", SocketType.Dgram, "g1");
        using Socket two = _bench.Connect("d", SocketType.Dgram, "g2");
        one.Send(Frame(1));
        two.Send(Frame(2));
        one.Send(Frame(3));
        _bench.Until(() => _bench.Frames.Count == 3, "all came");
        Assert.Equal(2, _bench.Opened.Count);
        Assert.Same(_bench.Frames[0].Port, _bench.Frames[2].Port);

        Assert.True(TrySend(_bench.Frames[1].Port, Frame(4)));
        Assert.Equal(Frame(4), Receive(two));
        Assert.Equal(0, one.Available);
    }

    [Fact]
    public void Guest_WithoutAnAddress_IsDroppedAndReportedOnce()
    {
        using DatagramLink link = _bench.Datagram();
        using Socket guest = _bench.Connect("d", SocketType.Dgram);
        guest.Send(Frame(1));
        guest.Send(Frame(2));
        _bench.Until(() => _bench.Reports.Count > 0, "it was reported");
        _bench.Settle();
        Assert.Single(_bench.Reports);
        Assert.Empty(_bench.Opened);
        Assert.Empty(_bench.Frames);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Guest_Gone_ClosesThePortAtTheEndOfTheTurn(bool removed)
    {
        using DatagramLink link = _bench.Datagram();
        Socket guest = _bench.Connect("d", SocketType.Dgram, "g");
        guest.Send(Frame(1));
        _bench.Until(() => _bench.Opened.Count == 1, "the guest is a port");
        guest.Dispose(); // the runtime removes the file of a socket that it closes
        if (!removed)
        {
            SocketPath.Bind(_bench.Path("g"), Sockets.Datagram, out int descriptor);
            Files.Close(descriptor);
        }

        Assert.False(TrySend(_bench.Opened[0], Frame(2)));
        Assert.Empty(_bench.Closed);
        _bench.Turn();
        Assert.Same(_bench.Opened[0], Assert.Single(_bench.Closed));

        File.Delete(_bench.Path("g"));
        using Socket again = _bench.Connect("d", SocketType.Dgram, "g");
        again.Send(Frame(3));
        _bench.Until(() => _bench.Opened.Count == 2, "the guest is a port again");
        Assert.NotEqual(_bench.Opened[0].Id, _bench.Opened[1].Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SlowReader_FillsItsQueue_LosesNothingAndIsToldWhenItHasRoom(bool connected)
    {
        using DatagramLink link = _bench.Datagram();
        using Socket guest = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        guest.Bind(new UnixDomainSocketEndPoint(_bench.Path("g")));
        UnixDomainSocketEndPoint engine = new(_bench.Path("d"));
        if (connected)
        {
            guest.Connect(engine);
            guest.Send(Frame(0));
        }
        else
        {
            guest.SendTo(Frame(0), engine);
        }

        _bench.Until(() => _bench.Opened.Count == 1, "the guest is a port");
        IGuestPort port = _bench.Opened[0];
        int sent = 0;
        while (TrySend(port, Frame(sent, 1514)))
        {
            sent++;
            Assert.True(sent < 100_000, "the queue has a bound");
        }

        _bench.Settle();
        Assert.True(port.Reserve(1514).IsEmpty);
        Assert.Empty(_bench.Writable);
        for (int i = 0; i < sent; i++)
        {
            _bench.Until(() => guest.Available > 0, $"frame {i} of {sent} came");
            Assert.Equal(Frame(i, 1514), Receive(guest));
        }

        _bench.Until(() => _bench.Writable.Count > 0, "the port has room");
        Assert.True(TrySend(port, Frame(1)));
    }

    [Fact]
    public void Guest_OneTooMany_TakesThePlaceOfTheLongestSilent()
    {
        using DatagramLink link = _bench.Datagram();
        List<Socket> guests = [];
        for (int i = 0; i <= DatagramLink.MaximumGuests; i++)
        {
            Socket guest = _bench.Connect("d", SocketType.Dgram, $"g{i}");
            guests.Add(guest);
            guest.Send(Frame(i));
            _bench.Until(() => _bench.Frames.Count == i + 1, "its frame came");
            if (i == 1)
            {
                guests[0].Send(Frame(0)); // so that the second is the silent one
                _bench.Settle();
                _bench.Frames.RemoveAt(2);
            }
        }

        Assert.Equal(DatagramLink.MaximumGuests + 1, _bench.Opened.Count);
        Assert.Same(_bench.Opened[1], Assert.Single(_bench.Closed));
        guests.ForEach(guest => guest.Dispose());
    }

    [Fact]
    public void Descriptor_ItsGuestLeaves_ClosesThePortAndIsReportedOnce()
    {
        Assert.Equal(0, Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Datagram, out int near, out int far));
        using DatagramLink link = _bench.Start(
            DatagramLink.FromDescriptor(near, MtuBytes, _bench.Reports.Add));
        Assert.Single(_bench.Opened);
        Assert.Equal(60, Files.Write(far, Frame(1)));
        _bench.Until(() => _bench.Frames.Count == 1, "its frame came");
        Assert.True(TrySend(_bench.Opened[0], Frame(2)));
        byte[] received = new byte[100];
        Assert.Equal(60, Files.Read(far, received));

        Files.Close(far);
        Assert.False(TrySend(_bench.Opened[0], Frame(3)));
        _bench.Until(() => _bench.Closed.Count == 1, "the port closed");
        Assert.Single(_bench.Reports);
        Assert.True(_bench.Opened[0].Reserve(60).IsEmpty);
        link.Flush(default);
    }

    private static byte[] Receive(Socket guest)
    {
        byte[] bytes = new byte[2_000];
        return bytes[..guest.Receive(bytes)];
    }
}
