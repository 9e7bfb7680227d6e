using System.Net.Sockets;

namespace Slipway.Control;

/// <summary>A Docker engine on a Unix socket that this host sees.</summary>
internal sealed class UnixDockerGuest(string path) : DockerGuest
{
    public override string ToString() => $"unix:{path}";

    internal override async ValueTask<Socket> ConnectAsync(CancellationToken stop)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop)
                .ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
