using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>Published ports with a guest behind them.</summary>
[SupportedOSPlatform("linux")]
public sealed class PublicationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-ports-").FullName;
    private readonly List<IDisposable> _open = [];
    private readonly List<GuestTcp> _served = [];

    private string SocketPath => Path.Combine(_folder, "s");

    public void Dispose()
    {
        _open.ForEach(one => one.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("0:80", "127.0.0.1")]
    [InlineData("0.0.0.0:0:80", "127.0.0.1")]
    [InlineData("[::1]:0:80", "::1")]
    [InlineData("[::]:0:80", "::1")]
    public void Tcp_OfEitherFamily_ReachesTheGuest(string publication, string client)
    {
        LiveEngine world = Start();
        PublishedPort port = Publish(world, publication);
        using Socket socket = Connect(new IPEndPoint(IPAddress.Parse(client), port.Host.Port));
        Exchange(world, socket);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void UnixSocket_OfMode0600_CarriesBytesBothWaysAndIsRemovedAtTheEnd(int workers)
    {
        LiveEngine world = Start($$"""{ "workers": {{workers}} }""");
        PublishedPort port = Publish(world, $"unix:{SocketPath}:80");
        Assert.Equal($"unix:{SocketPath}", port.HostText);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
        for (int i = 0; i < 5; i++)
        {
            using Socket client = ConnectUnix();
            Exchange(world, client);
        }

        using Socket kept = ConnectUnix();
        Exchange(world, kept);
        Assert.True(world.Engine.UnpublishPort(port.Id));
        Assert.False(File.Exists(SocketPath));
        Exchange(world, kept, _served[^1]);

        Publish(world, $"unix:{SocketPath}:80");
        world.Dispose();
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void UnixSocket_WithAMode_HasIt()
    {
        LiveEngine world = Start();
        Publish(world, $"unix:{SocketPath}:80,mode=0660");
        Assert.Equal(0x1b0, (int)File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public void UnixSocket_LeftBehindOrInUse_IsReplacedOrRefused()
    {
        LiveEngine world = Start();
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath));
        }

        Publish(world, $"unix:{SocketPath}:80");
        ConfigurationException inUse = Refused(world, $"unix:{SocketPath}:81");
        Assert.True(inUse.IsInUse);
        Assert.Contains("listens on", inUse.Message, StringComparison.Ordinal);
        using Socket client = ConnectUnix();
        Exchange(world, client);

        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "somebody's");
        Refused(world, $"unix:{file}:80");
        Assert.Equal("somebody's", File.ReadAllText(file));
    }

    [Fact]
    public void Range_OfAsManyGuestPorts_LeadsEachToItsOwn()
    {
        LiveEngine world = Start();
        SimGuest guest = world.AddGuest(
            (clock, transmit) => new SimGuest(clock, transmit)
            {
                Address = IpAddress.Parse("192.168.127.9"), Mac = new(0x0200_0000_0009),
            });
        guest.Listen(90, _served.Add);
        guest.Listen(91, _served.Add);
        int first = FreePorts(2);
        PublishedPort port = Publish(world, $"{first}-{first + 1}:192.168.127.9:90-91");
        Assert.Equal($"127.0.0.1:{first}-{first + 1}", port.HostText);
        Assert.Equal("192.168.127.9:90-91", port.GuestText);
        for (int i = 0; i < 2; i++)
        {
            using Socket socket = Connect(new IPEndPoint(IPAddress.Loopback, first + i));
            Exchange(world, socket);
            Assert.Equal(90 + i, _served[^1].Local.Port);
        }
    }

    [Fact]
    public void Range_WithOnePortTaken_OpensNone()
    {
        LiveEngine world = Start();
        int first = FreePorts(3);
        using TcpListener holder = new(IPAddress.Loopback, first + 2);
        holder.Start();
        ConfigurationException taken = Refused(world, $"{first}-{first + 2}:80-82");
        Assert.True(taken.IsInUse);
        Assert.Contains($"{first + 2}", taken.Message, StringComparison.Ordinal);
        Assert.Empty(world.Engine.PublishedPorts);
        Publish(world, $"{first}:80");
    }

    [Fact]
    public void Range_ToOneGuestPort_TakesTheFirstFree()
    {
        LiveEngine world = Start();
        int first = FreePorts(2);
        string range = $"{first}-{first + 1}:80";
        using TcpListener holder = new(IPAddress.Loopback, first);
        holder.Start();
        PublishedPort port = Publish(world, range);
        Assert.Equal(first + 1, port.Host.Port);
        Assert.Equal($"127.0.0.1:{first + 1}", port.HostText);
        using Socket socket = Connect(new IPEndPoint(IPAddress.Loopback, first + 1));
        Exchange(world, socket);
        Assert.Contains("all TCP ports", Refused(world, range).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Publish_OfAnOwnPort_NamesThePublication()
    {
        LiveEngine world = Start();
        PublishedPort port = Publish(world, "0:80");
        ConfigurationException taken = Refused(world, $"0.0.0.0:{port.Host.Port}:81");
        Assert.True(taken.IsInUse);
        Assert.Contains(
            $"`slipway unpublish {port.Id}`", taken.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0:192.168.127.1:80")]
    [InlineData("0:10.1.2.3:80")]
    public void Publish_ToWhatIsNoGuests_IsRefused(string publication) =>
        Refused(Start(), publication);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(1, true)]
    public void Unpublish_WithOpenConnections_EndsThemOnlyIfTold(int workers, bool closes)
    {
        LiveEngine world = Start($$"""{ "workers": {{workers}} }""");
        PublishedPort port = Publish(world, "0:80");
        PublishedPort other = Publish(world, "0:80");
        using Socket socket = Connect(new IPEndPoint(IPAddress.Loopback, port.Host.Port));
        Exchange(world, socket);
        GuestTcp guest = _served[^1];
        using Socket stays = Connect(new IPEndPoint(IPAddress.Loopback, other.Host.Port));
        Exchange(world, stays);
        Assert.True(world.Engine.UnpublishPort(port.Id, closes));
        Assert.Throws<SocketException>(
            () => Connect(new IPEndPoint(IPAddress.Loopback, port.Host.Port)));
        Exchange(world, stays, _served[^1]);
        if (!closes)
        {
            Exchange(world, socket, guest);
            return;
        }

        SocketException error = Assert.Throws<SocketException>(
            () => world.Await(socket.ReceiveAsync(new byte[1])));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        world.Until(() => guest.End == GuestTcpEnd.Reset);
    }

    [Fact]
    public void ProxyHeader_ComesBeforeTheClientsFirstByte()
    {
        LiveEngine world = Start();
        PublishedPort port = Publish(world, "0:80,proxy-protocol=v2");
        using Socket socket = Connect(new IPEndPoint(IPAddress.Loopback, port.Host.Port));
        IPEndPoint local = (IPEndPoint)socket.LocalEndPoint!;
        byte[] header = [
            .. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 127, 0, 0, 1, 127, 0, 0, 1,
            (byte)(local.Port >> 8), (byte)local.Port,
            (byte)(port.Host.Port >> 8), (byte)port.Host.Port,
        ];
        world.Until(() => _served.Count > 0 && _served[^1].Available == header.Length);
        Assert.Equal(header, _served[^1].ReadAll());
        Exchange(world, socket, _served[^1]);

        Publish(world, $"unix:{SocketPath}:80,proxy-protocol=v2");
        using Socket client = ConnectUnix();
        client.Send("x"u8);
        byte[] unknown = [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x20, 0, 0, 0, (byte)'x'];
        world.Until(() => _served.Count > 1 && _served[^1].Available == unknown.Length);
        Assert.Equal(unknown, _served[^1].ReadAll());
    }

    private LiveEngine Start(string json = "{}", bool hasGuest = true)
    {
        LiveEngine world = new(json);
        _open.Add(world);
        if (hasGuest)
        {
            world.AddGuest().Listen(80, _served.Add);
        }

        return world;
    }

    private static PublishedPort Publish(LiveEngine world, string publication) =>
        world.Engine.PublishPort(PublishSpecification.Parse("key", publication));

    private static ConfigurationException Refused(LiveEngine world, string publication) =>
        Assert.Throws<ConfigurationException>(() => Publish(world, publication));

    // Bytes one way and the other, over the newest connection unless another is named.
    private void Exchange(LiveEngine world, Socket socket, GuestTcp? guest = null)
    {
        int before = _served.Count(one => one.Available > 0);
        Assert.Equal(0, before);
        Assert.Equal(4, world.Await(socket.SendAsync("ping"u8.ToArray())));
        world.Until(() => (guest ?? _served.LastOrDefault())?.Available == 4);
        guest ??= _served[^1];
        Assert.Equal("ping"u8.ToArray(), guest.ReadAll());
        guest.Write("pong!"u8);
        Assert.Equal(5, world.Await(socket.ReceiveAsync(new byte[9])));
    }

    private static Socket Connect(EndPoint to)
    {
        Socket socket = new(to.AddressFamily, SocketType.Stream,
            to is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            socket.Connect(to);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private Socket ConnectUnix() => Connect(new UnixDomainSocketEndPoint(SocketPath));

    // The first of ports in a row that nobody has at the moment.
    private static int FreePorts(int count)
    {
        for (int first = 20_000 + (Environment.ProcessId % 8_000); ; first += count)
        {
            List<TcpListener> held = [];
            try
            {
                for (int i = 0; i < count; i++)
                {
                    held.Add(new TcpListener(IPAddress.Loopback, first + i));
                    held[^1].Start();
                }

                return first;
            }
            catch (SocketException) when (first < 32_000)
            {
                first++;
            }
            finally
            {
                held.ForEach(one => one.Dispose());
            }
        }
    }
}
