using System.Net;
using System.Net.Sockets;

namespace Slipway.Control;

/// <summary>
/// A Docker engine on a TCP port of a guest. This host has no way to the guest's address: the
/// engine makes the connection.
/// </summary>
internal sealed class TcpDockerGuest(IPEndPoint guest, string control) : DockerGuest
{
    public override string ToString() => $"tcp:{guest}";

    internal override async ValueTask<Socket> ConnectAsync(CancellationToken stop)
    {
        using ControlClient client = ControlClient.Open(control);
        return await client.ConnectGuestAsync(guest.ToString(), stop).ConfigureAwait(false);
    }
}
