using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Slipway.Linux;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control.Tests;

/// <summary>The proxy with all that belongs to it but the engine.</summary>
internal sealed class ProxyWorld : IDisposable
{
    public const int HttpPort = 3_128;
    public const int SocksPort = 1_080;
    private const int FirstLink = 1;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly IpAddress s_guest = IpAddress.Parse("192.168.127.2");

    private readonly List<IDisposable> _owned = [];
    private readonly GuestProxy _server;

    /// <param name="dialer">Dials tunnels; null for the upstream's own.</param>
    /// <param name="settings">Of the front ends.</param>
    /// <param name="upstream">The upstreams' URLs; null to go directly.</param>
    /// <param name="file">A file of settings in vpnkit's form; null for none.</param>
    /// <param name="hasHostAlias">Guests may reach the host.</param>
    /// <param name="hasIPv6">Guests have IPv6.</param>
    /// <param name="dns">How names are looked up; null as the host does.</param>
    public ProxyWorld(
        IProxyDialer? dialer = null, GuestProxySettings? settings = null, string? upstream = null,
        string? file = null, bool hasHostAlias = true, bool hasIPv6 = false,
        DnsSettings? dns = null)
    {
        StackSettings stack = new()
        {
            Seed = default,
            HostAlias = hasHostAlias ? new StackSettings { Seed = default }.HostAlias : null,
            Ipv6 = hasIPv6 ? new Ipv6Settings() : null,
        };
        DnsServer names = Own(new DnsServer(dns ?? new DnsSettings()));
        ProxyReach reach = new(stack, names);
        ProxyUpstreams upstreams = Own(ProxyUpstreams.Create(
            new ProxyUpstreamConfiguration
            {
                Configured = upstream is null ? null
                    : new ProxySettings
                    {
                        All = [.. upstream.Split(',').Select(Parse)],
                    },
                File = file,
                Desktop = false,
                Environment = false,
            },
            reach.ResolveAsync, Log.Enqueue));
        ProxyParts parts = new(
            settings ?? new GuestProxySettings(), dialer ?? upstreams,
            upstreams,
            reach, Log.Enqueue);
        _server = Own(new GuestProxy(parts, new GuestHttp(parts)));
    }

    public ConcurrentQueue<string> Log { get; } = [];

    /// <summary>A guest connects to a port of the gateway.</summary>
    public Socket Connect(int port) => Open(port, "192.168.127.1", out _);

    public Socket Connect(int port, out PairConnection connection) =>
        Open(port, "192.168.127.1", out connection);

    /// <summary>A guest connects to somewhere else, and is intercepted.</summary>
    public Socket Connect(string address, int port, out PairConnection connection) =>
        Open(port, address, out connection);

    /// <summary>Sends bytes on a new connection and reads to its end.</summary>
    public Task<string> AskAsync(string bytes, int port = HttpPort) =>
        AskAsync(FirstLink, bytes, port);

    /// <summary>The same as the guest of another link.</summary>
    public async Task<string> AskAsync(int link, string bytes, int port = HttpPort)
    {
        using Socket guest = Open(link, port, "192.168.127.1", out _);
        await SendAsync(guest, bytes);
        return await ReadToEndAsync(guest);
    }

    public static Task SendAsync(Socket socket, string bytes) =>
        SendAsync(socket, Encoding.Latin1.GetBytes(bytes));

    public static async Task SendAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent)).AsTask().WaitAsync(s_patience);
        }
    }

    /// <summary>Reads until a text has come.</summary>
    public static async Task<string> ReadUntilAsync(Socket socket, string end)
    {
        StringBuilder text = new();
        byte[] one = new byte[1];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            int read = await socket.ReceiveAsync(one).WaitAsync(s_patience);
            Assert.True(read > 0, $"the connection ended after '{text}', before '{end}'");
            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[4_096];
        int read;
        while ((read = await socket.ReceiveAsync(buffer).WaitAsync(s_patience)) > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>Whether the worker gives the proxy connections to a port.</summary>
    public bool Intercepts(int port) => _server.Intercepts(
        new IpEndpoint(IpAddress.Parse("192.0.2.7"), (ushort)port));

    /// <summary>Waits until a line with a text is in the log.</summary>
    public async Task WaitForLogAsync(string text)
    {
        DateTime end = DateTime.UtcNow + s_patience;
        while (!Log.Any(line => line.Contains(text, StringComparison.Ordinal)))
        {
            Assert.True(DateTime.UtcNow < end, $"'{text}' is logged");
            await Task.Delay(10);
        }
    }

    public bool TryEnter() => _server.TryEnter(FirstLink, s_guest);

    public void Dispose()
    {
        _owned.Reverse();
        _owned.ForEach(one => one.Dispose());
    }

    private static ProxyServer Parse(string url)
    {
        if (url == "direct")
        {
            return ProxyServer.Direct;
        }

        Assert.True(ProxyServer.TryParse(url, out ProxyServer server, out string fault), fault);
        return server;
    }

    private Socket Open(int port, string address, out PairConnection connection) =>
        Open(FirstLink, port, address, out connection);

    private Socket Open(
        int link, int port, string address, out PairConnection connection)
    {
        Assert.Equal(
            0, Sockets.CreatePair(Sockets.FamilyUnix, Sockets.Stream, out int near, out int far));
        connection = new PairConnection(
            new Socket(new SafeSocketHandle(far, true)), new IpEndpoint(s_guest, 50_000), link,
            new IpEndpoint(IpAddress.Parse(address), (ushort)port));
        Assert.True(_server.TryEnter(link, s_guest));
        PairConnection served = connection;
        bool isIntercepted = address != "192.168.127.1";
        _ = Task.Run(() => _server.ServeAsync(served, isIntercepted));
        return Own(new Socket(new SafeSocketHandle(near, true)));
    }

    private T Own<T>(T resource)
        where T : IDisposable
    {
        _owned.Add(resource);
        return resource;
    }
}
