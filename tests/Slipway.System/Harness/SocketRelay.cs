using System.Net;
using System.Net.Sockets;

namespace Slipway.SystemTests.Harness;

/// <summary>A port of 127.0.0.1 that leads to a Unix socket, for browsers.</summary>
public sealed class SocketRelay : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly string path;

    public SocketRelay(string path)
    {
        this.path = path;
        listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"http://{listener.LocalEndpoint}/";

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = RelayAsync(await listener.AcceptTcpClientAsync());
            }
            catch (SocketException) when (!listener.Server.IsBound)
            {
                return; // disposed
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using (client)
        using (Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            await using NetworkStream inside = new(socket);
            await using NetworkStream outside = client.GetStream();
            await Task.WhenAny(outside.CopyToAsync(inside), inside.CopyToAsync(outside));
        }
    }
}
