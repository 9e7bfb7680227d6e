using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using static Slipway.Links.Tests.LinkBench;

namespace Slipway.Links.Tests;

/// <summary>
/// gvproxy's way: POST /connect, then frames after a u16. It is spoken over AF_VSOCK, which cannot
/// be looped back; the protocol is the same on any socket.
/// </summary>
public sealed class ConnectLinkTests : IDisposable
{
    private const string Request = "POST /connect HTTP/1.1\r\nHost: gvproxy\r\n\r\n";
    private readonly LinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Guest_AsksAndSendsAtOnce_IsAPortAndItsFramesCome()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.Connect);
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        guest.Send([.. Encoding.ASCII.GetBytes(Request), .. Framed16(Frame(1)),
            .. Framed16(Frame(2, 1_514))]);
        _bench.Until(() => _bench.Frames.Count == 2, "both frames came");
        Assert.Equal(Frame(1), _bench.Frames[0].Frame);
        Assert.Equal(Frame(2, 1_514), _bench.Frames[1].Frame);

        Assert.True(TrySend(Assert.Single(_bench.Opened), Frame(3)));
        link.Flush(default);
        Assert.Equal(Framed16(Frame(3)), ReadExactly(guest, 62)); // nothing is answered before
    }

    [Fact]
    public void Request_ByteByByte_IsUnderstood()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.Connect);
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        foreach (byte one in Encoding.ASCII.GetBytes(Request))
        {
            Assert.Empty(_bench.Opened);
            guest.Send([one]);
            _bench.Turn();
        }

        _bench.Until(() => _bench.Opened.Count == 1, "the guest is a port");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("POST /connection HTTP/1.1\r\n\r\n")]
    [InlineData("\0\0\0\u003c")]
    public void AnythingElse_IsAnsweredAndDisconnected(string text)
    {
        using StreamLink link = _bench.Listen(StreamProtocol.Connect);
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        guest.Send(Encoding.Latin1.GetBytes(text));
        _bench.Until(() => _bench.Reports.Count == 1, "it was reported");
        byte[] answer = new byte[200];
        Assert.StartsWith(
            "HTTP/1.1 404 ", Encoding.ASCII.GetString(answer, 0, guest.Receive(answer)),
            StringComparison.Ordinal);
        Assert.Empty(_bench.Opened);
        Assert.Empty(_bench.Closed);
    }

    [Fact]
    public void Head_WithoutEnd_IsDisconnected()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.Connect);
        using Socket guest = _bench.Connect("s", SocketType.Stream);
        guest.Send(Encoding.ASCII.GetBytes(
            "POST /connect HTTP/1.1\r\nX: " + new string('a', 5_000)));
        _bench.Until(() => _bench.Reports.Count == 1, "it was reported");
        Assert.Empty(_bench.Opened);
    }

    [Fact]
    public void Silent_Ones_MakeRoomForAGuest()
    {
        using StreamLink link = _bench.Listen(StreamProtocol.Connect);
        List<Socket> silent = [];
        for (int i = 0; i < StreamLink.MaximumGuests; i++)
        {
            silent.Add(_bench.Connect("s", SocketType.Stream));
            _bench.Turn();
        }

        using Socket guest = _bench.Connect("s", SocketType.Stream);
        guest.Send(Encoding.ASCII.GetBytes(Request));
        _bench.Until(() => _bench.Opened.Count == 1, "the guest is a port");
        Assert.Equal(0, silent[0].Receive(new byte[1])); // the oldest went
        Assert.Empty(_bench.Reports);
        silent.ForEach(one => one.Dispose());
    }

    [Fact]
    public void Mtu_BeyondSixteenBits_IsRefused()
    {
        LinkException refused = Assert.Throws<LinkException>(() => StreamLink.Listen(
            StreamProtocol.Connect, _bench.Path("s"), 65_520, _bench.Reports.Add));
        Assert.Contains("65517", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench.Path("s")));
    }

    [Fact]
    public void Vsock_TakenPort_IsRefusedByName()
    {
        const uint port = 0x5117_0001;
        StreamLink? first = null;
        LinkException refused = Assert.Throws<LinkException>(() =>
        {
            first = ListenVsock(port);
            ListenVsock(port).Dispose();
        });
        first?.Dispose();

        // A kernel may have no AF_VSOCK at all; then the first one says so.
        Assert.Contains(
            first is null ? "modprobe vhost_vsock" : "taken by another program", refused.Message,
            StringComparison.Ordinal);
    }

    private StreamLink ListenVsock(uint port) => StreamLink.ListenVsock(
        StreamProtocol.Connect, port, MtuBytes, _bench.Reports.Add);

    private static byte[] Framed16(byte[] frame)
    {
        byte[] bytes = new byte[sizeof(ushort) + frame.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)frame.Length);
        frame.CopyTo(bytes, sizeof(ushort));
        return bytes;
    }
}
