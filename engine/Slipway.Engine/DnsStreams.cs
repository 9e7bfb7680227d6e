using System.Net.Sockets;
using Slipway.Host;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// DNS over TCP for the flows of one worker: a connection is one end of a socket pair whose other
/// end the server reads.
/// </summary>
internal sealed class DnsStreams(
    DnsServer server, HostNetwork network, StackSettings settings, CancellationToken stopped)
    : IStreamServices
{
    public HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, int link, IReadinessOwner owner,
        out IHostStream? stream)
    {
        stream = null;
        if (destination.Port != DnsEndpoint.Port || !settings.IsGateway(destination.Address))
        {
            return HostError.Refused;
        }

        HostError error = network.OpenPair(owner, out stream, out SafeSocketHandle? far);
        if (error == HostError.None && far is not null)
        {
            _ = Task.Run(() => ServeAsync(far, link), CancellationToken.None);
        }

        return error;
    }

    private async Task ServeAsync(SafeSocketHandle far, int link)
    {
        try
        {
            using Socket socket = new(far);
            await using NetworkStream connection = new(socket, ownsSocket: true);
            await server.ServeStreamAsync(connection, link, stopped).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            return; // the guest has gone or the engine stops: the connection is over either way
        }
    }
}
