using System.Net.Sockets;

namespace Slipway.Control.Tests;

/// <summary>An HTTP client whose every host is behind a Unix socket.</summary>
internal static class SocketHttp
{
    public static HttpClient Open(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, stop) =>
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost/"),
    };
}
