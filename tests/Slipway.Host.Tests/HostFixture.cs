using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>
/// A reactor and a network over it, on the real kernel, and the peers they speak to, all of one
/// family.
/// </summary>
internal sealed class HostFixture : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private readonly List<IDisposable> _peers = [];
    private readonly bool _ipv4;

    public HostFixture(bool usePeekOffset = true, bool ipv4 = true)
    {
        _ipv4 = ipv4;
        Network = new HostNetwork(Reactor, usePeekOffset);
    }

    public Reactor Reactor { get; } = new();

    public HostNetwork Network { get; }

    /// <summary>127.0.0.1 or ::1.</summary>
    public IpAddress Loopback => _ipv4 ? IpAddress.IPv4Loopback : new IpAddress(0, 1);

    /// <summary>Takes turns until a condition holds; fails when it does not.</summary>
    public void Until(Func<bool> condition, string what)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(
                waited.Elapsed < s_longest, $"{what}: not within {s_longest.TotalSeconds} s");
            Turn();
        }
    }

    public void Turn(long timeoutNanoseconds = 2_000_000)
    {
        Reactor.Wait(timeoutNanoseconds);
        Reactor.Dispatch(Reactor.Now());
    }

    /// <summary>A listening TCP socket on the loopback.</summary>
    public Socket Listen(out IpEndpoint endpoint)
    {
        Socket listener = NewPeer(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(Loopback.ToIPAddress(), 0));
        listener.Listen(16);
        endpoint = ToEndpoint(listener);
        return listener;
    }

    /// <summary>A connected stream of the network, and the peer's end of it.</summary>
    public (IHostStream Near, Socket Far) Connect(Owner owner)
    {
        Socket listener = Listen(out IpEndpoint endpoint);
        HostError error = Network.ConnectTcp(endpoint, owner, out IHostStream? near);
        Assert.True(error is HostError.None or HostError.InProgress, $"connect said {error}");
        Socket far = listener.Accept();
        _peers.Add(far);
        Until(() => (owner.Seen & Readiness.Writable) != 0, "the connect ends");
        Assert.Equal(HostError.None, near!.FinishConnect());
        return (near, far);
    }

    /// <summary>A socket of the network's for datagrams.</summary>
    public IHostDatagramSocket OpenUdp(Owner owner)
    {
        Assert.Equal(
            HostError.None, Network.OpenUdp(_ipv4, owner, out IHostDatagramSocket? socket));
        return socket!;
    }

    /// <summary>A socket of the network's for echo.</summary>
    public IHostDatagramSocket OpenPing(Owner owner)
    {
        Assert.Equal(
            HostError.None, Network.OpenPing(_ipv4, owner, out IHostDatagramSocket? socket));
        return socket!;
    }

    /// <summary>A UDP peer on the loopback.</summary>
    public Socket BindUdp(out IpEndpoint endpoint)
    {
        Socket peer = NewPeer(SocketType.Dgram, ProtocolType.Udp);
        peer.Bind(new IPEndPoint(Loopback.ToIPAddress(), 0));
        endpoint = ToEndpoint(peer);
        return peer;
    }

    /// <summary>A UDP port of the loopback where nobody listens.</summary>
    public IpEndpoint ClosedUdpPort()
    {
        Socket peer = BindUdp(out IpEndpoint endpoint);
        peer.Dispose();
        return endpoint;
    }

    /// <summary>A TCP client of a port of the loopback.</summary>
    public Socket ConnectTo(ushort port)
    {
        Socket client = NewPeer(SocketType.Stream, ProtocolType.Tcp);
        client.Connect(new IPEndPoint(Loopback.ToIPAddress(), port));
        return client;
    }

    public static IpEndpoint ToEndpoint(Socket socket)
    {
        IPEndPoint local = (IPEndPoint)socket.LocalEndPoint!;
        return new IpEndpoint(IpAddress.From(local.Address), (ushort)local.Port);
    }

    public static byte[] Pattern(int lengthBytes, int seed = 1)
    {
        byte[] bytes = new byte[lengthBytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private Socket NewPeer(SocketType type, ProtocolType protocol)
    {
        AddressFamily family = _ipv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        Socket peer = new(family, type, protocol)
        {
            ReceiveTimeout = (int)s_longest.TotalMilliseconds,
        };
        _peers.Add(peer);
        return peer;
    }

    public void Dispose()
    {
        foreach (IDisposable peer in _peers)
        {
            peer.Dispose();
        }

        Reactor.Dispose();
    }
}
