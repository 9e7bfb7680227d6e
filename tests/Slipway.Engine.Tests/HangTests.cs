using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>
/// What never answers costs those who asked it, and nobody else: there is no pending limit that all
/// share.
/// </summary>
public sealed class HangTests : IDisposable
{
    private const int Many = 200;
    private const int Good = 20;

    private static readonly IpEndpoint s_names = new(VirtualNetwork.Gateway, 53);
    private static readonly IpEndpoint s_stalled = new(IpAddress.Parse("192.168.127.250"), 80);
    private static readonly IpEndpoint s_outside = new(IpAddress.Parse("203.0.113.9"), 443);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Socket _silent = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _nameServer = new(SocketType.Dgram, ProtocolType.Udp);
    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-hang-").FullName;

    private ushort _port = 40_000;

    public HangTests()
    {
        _listener.Start();
        _silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _silent.Listen(2 * Many);
        _nameServer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    [Fact]
    public void Names_ThatNobodyAnswers_HoldUpNoOthers()
    {
        int names = ((IPEndPoint)_nameServer.LocalEndPoint!).Port;
        using LiveEngine world = new($$"""{ "dns": { "servers": ["127.0.0.1:{{names}}"] } }""");
        _ = AnswerGoodNamesAsync();
        SimGuest guest = world.AddGuest();
        for (int i = 0; i < Many; i++)
        {
            guest.SendDatagram((ushort)(20_000 + i), s_names, Query(i, $"hang{i}"));
        }

        for (int i = 0; i < Good; i++)
        {
            ushort port = (ushort)(30_000 + i);
            guest.SendDatagram(port, s_names, Query(1_000 + i, $"good{i}"));
            world.Until(() => guest.Datagrams.Exists(one => one.Destination.Port == port));
        }

        Assert.All(
            guest.Datagrams.Where(one => one.Destination.Port >= 30_000),
            one => Assert.Equal((0, 1), (one.Payload[3] & 0xf, one.Payload[7])));
        AssertServes(world, guest);
    }

    [Fact]
    public void Service_WhoseTargetNeverAccepts_HoldsUpNoOthers()
    {
        string path = Path.Combine(_folder, "stalled");
        using Socket stalled = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stalled.Bind(new UnixDomainSocketEndPoint(path));
        stalled.Listen(1);
        using LiveEngine world = new($$"""
            { "services": [{ "name": "stalled.test", "address": "{{s_stalled.Address}}",
                "port": 80, "target": "unix:{{path}}" }] }
            """);
        SimGuest guest = world.AddGuest();
        for (int i = 0; i < Many; i++)
        {
            guest.Connect(_port++, s_stalled);
        }

        AssertServes(world, guest);
    }

    [Fact]
    public void ProxyUpstream_ThatNeverAnswers_HoldsUpNoOthers()
    {
        int upstream = ((IPEndPoint)_silent.LocalEndPoint!).Port;
        using LiveEngine world = new($$"""{ "proxy": { "all": ["127.0.0.1:{{upstream}}"] } }""");
        SimGuest guest = world.AddGuest();
        GuestTcp[] hanging =
            [.. Enumerable.Range(0, Many).Select(_ => guest.Connect(_port++, s_outside))];
        world.Until(() => Array.Exists(hanging, one => one.IsEstablished));
        foreach (GuestTcp one in hanging)
        {
            one.Write("\u0016\u0003\u0001"u8); // as TLS begins, and no more of it
        }

        AssertServes(world, guest);
    }

    public void Dispose()
    {
        _nameServer.Dispose();
        _silent.Dispose();
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // New connections of a guest pass bytes both ways, one after the other.
    private void AssertServes(LiveEngine world, SimGuest guest)
    {
        IpEndpoint server = new(
            VirtualNetwork.HostAlias, (ushort)((IPEndPoint)_listener.LocalEndpoint).Port);
        for (int i = 0; i < Good; i++)
        {
            GuestTcp near = guest.Connect(_port++, server);
            using Socket far = world.Await(_listener.AcceptSocketAsync());
            world.Until(() => near.IsEstablished);
            near.Write("there"u8);
            byte[] read = new byte[8];
            Assert.Equal(5, world.Await(far.ReceiveAsync(read)));
            Assert.Equal(4, world.Await(far.SendAsync("back"u8.ToArray())));
            world.Until(() => near.Available == 4);
        }
    }

    private async Task AnswerGoodNamesAsync()
    {
        byte[] buffer = new byte[512];
        try
        {
            while (true)
            {
                SocketReceiveFromResult query = await _nameServer.ReceiveFromAsync(
                    buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                if (Encoding.ASCII.GetString(buffer, 13, 4)
                    .Equals("good", StringComparison.OrdinalIgnoreCase))
                {
                    await _nameServer.SendToAsync(
                        Answer(buffer.AsSpan(0, query.ReceivedBytes)), SocketFlags.None,
                        query.RemoteEndPoint);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return; // the test is over
        }
        catch (SocketException)
        {
            return;
        }
    }

    // The question, and one A record by a pointer to its name (RFC 1035 section 4.1).
    private static byte[] Answer(ReadOnlySpan<byte> query)
    {
        int end = 12;
        while (query[end] != 0)
        {
            end += query[end] + 1;
        }

        byte[] head = query[..(end + 5)].ToArray();
        (head[2], head[3], head[7], head[11]) = (0x81, 0x80, 1, 0);
        return [.. head, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 9];
    }

    private static byte[] Query(int id, string label) =>
    [
        (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        (byte)label.Length, .. Encoding.ASCII.GetBytes(label), 4, .. "test"u8, 0, 0, 1, 0, 1,
    ];
}
