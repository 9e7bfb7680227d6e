using System.Net.Sockets;
using Slipway.Linux;

namespace Slipway.Control.Tests;

/// <summary>Connections that are relayed, and of which one side has ended.</summary>
public sealed class SocketRelayTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task HalfClosed_AndSilent_EndsInTime()
    {
        (Socket client, Socket near) = Pair();
        (Socket server, Socket far) = Pair();
        Task relay = SocketRelay.RunAsync(
            near, far, CancellationToken.None, TimeSpan.FromMilliseconds(50));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await server.ReceiveAsync(new byte[1]).WaitAsync(s_patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => relay.WaitAsync(s_patience));
        Dispose(client, near, server, far);
    }

    [Fact]
    public async Task HalfClosed_StillCarriesTheOtherDirectionToItsEnd()
    {
        (Socket client, Socket near) = Pair();
        (Socket server, Socket far) = Pair();
        Task relay = SocketRelay.RunAsync(near, far, CancellationToken.None);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await server.ReceiveAsync(new byte[1]).WaitAsync(s_patience));
        await server.SendAsync("answer"u8.ToArray());
        byte[] answer = new byte[16];
        Assert.Equal(6, await client.ReceiveAsync(answer).WaitAsync(s_patience));
        server.Shutdown(SocketShutdown.Send);
        await relay.WaitAsync(s_patience);
        Assert.Equal(0, await client.ReceiveAsync(answer).WaitAsync(s_patience));
        Dispose(client, near, server, far);
    }

    private static (Socket One, Socket Other) Pair()
    {
        Assert.Equal(
            0, Sockets.CreatePair(Sockets.FamilyUnix, Sockets.Stream, out int one, out int other));
        return (
            new Socket(new SafeSocketHandle(one, true)),
            new Socket(new SafeSocketHandle(other, true)));
    }

    private static void Dispose(params ReadOnlySpan<Socket> sockets)
    {
        foreach (Socket socket in sockets)
        {
            socket.Dispose();
        }
    }
}
