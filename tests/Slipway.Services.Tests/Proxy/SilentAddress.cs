using System.Net;
using System.Net.Sockets;

namespace Slipway.Services.Tests.Proxy;

/// <summary>
/// An address of the loopback that answers no SYN, as one behind a filter: its backlog is full.
/// </summary>
internal sealed class SilentAddress : IDisposable
{
    private readonly Socket _listener =
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];

    /// <param name="port">0 for any.</param>
    public SilentAddress(int port = 0)
    {
        _listener.Bind(new IPEndPoint(Address, port));
        _listener.Listen(0);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        while (true)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _waiting.Add(socket);
            using CancellationTokenSource deadline = new(TimeSpan.FromMilliseconds(500));
            try
            {
                socket.ConnectAsync(new IPEndPoint(Address, Port), deadline.Token).AsTask()
                    .GetAwaiter().GetResult();
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public static IPAddress Address { get; } = IPAddress.Parse("127.0.0.2");

    public int Port { get; }

    public void Dispose()
    {
        _waiting.ForEach(socket => socket.Dispose());
        _listener.Dispose();
    }
}
