using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Host.Tests;

/// <summary>
/// A reactor and a network over it, on the real kernel, and the peers they speak to.
/// </summary>
internal sealed class HostFixture : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(20);

    private readonly List<IDisposable> _peers = [];

    public HostFixture(bool usePeekOffset = true) =>
        Network = new HostNetwork(Reactor, usePeekOffset);

    public Reactor Reactor { get; } = new();

    public HostNetwork Network { get; }

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
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _peers.Add(listener);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
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

    /// <summary>A UDP peer on a loopback address.</summary>
    public Socket BindUdp(out IpEndpoint endpoint, string address = "127.0.0.1")
    {
        Socket peer = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveTimeout = (int)s_longest.TotalMilliseconds,
        };
        _peers.Add(peer);
        peer.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
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

    public void Dispose()
    {
        foreach (IDisposable peer in _peers)
        {
            peer.Dispose();
        }

        Reactor.Dispose();
    }
}
