using System.Net.Sockets;
using Slipway.Host;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// The proxy for the flows of one worker: a connection is one end of a socket pair whose other end
/// the server has, until it hands its upstream's socket to the flow by the worker's mailbox.
/// </summary>
internal sealed class ProxyStreams(
    GuestProxy server, HostNetwork network, Mailbox mailbox, RelayPorts relays)
{
    public bool Listens(int port) => server.Listens(port);

    public bool Intercepts(in IpEndpoint destination) => server.Intercepts(destination);

    public HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, int link, bool isIntercepted,
        IReadinessOwner owner, out IHostStream? stream)
    {
        stream = null;
        if (!server.TryEnter(link, guest.Address))
        {
            return HostError.Refused;
        }

        HostError error = network.OpenHandover(
            owner, isHeld: isIntercepted, out HandoverStream? opened, out SafeSocketHandle? far);
        if (error != HostError.None)
        {
            server.Leave(link);
            return error;
        }

        stream = opened;
        IpEndpoint from = guest;
        IpEndpoint to = destination;
        _ = Task.Run(
            () => ServeAsync(opened!, far!, from, link, to, isIntercepted), CancellationToken.None);
        return HostError.None;
    }

    private Task ServeAsync(
        HandoverStream stream, SafeSocketHandle far, IpEndpoint guest, int link,
        IpEndpoint destination, bool isIntercepted)
    {
        Connection connection;
        try
        {
            connection = new Connection(mailbox, relays, stream, far, guest, link, destination);
        }
        catch (SocketException)
        {
            far.Dispose();
            server.Leave(link);
            throw;
        }

        return server.ServeAsync(connection, isIntercepted);
    }

    private sealed class Connection(
        Mailbox mailbox, RelayPorts relays, HandoverStream stream, SafeSocketHandle far,
        IpEndpoint guest, int link, IpEndpoint destination)
        : GuestConnection(new Socket(far), guest, link, destination)
    {
        public override void HandOver(Socket upstream)
        {
            SafeSocketHandle given = UpstreamSocket.Detach(upstream);
            try
            {
                mailbox.Post(new Handover(stream, UpstreamSocket.Detach(Socket), given));
            }
            catch
            {
                given.Dispose();
                throw;
            }
        }

        public override Task<GuestRelay?> OpenRelayAsync(IRelayReceiver receiver) =>
            relays.OpenAsync(Destination.Address, Guest.Address, receiver);

        public override void Answer() => mailbox.Post(new Answering(stream));

        public override void Fail(HostError error) =>
            mailbox.Post(new Failure(stream, UpstreamSocket.Detach(Socket), error));
    }

    private sealed class Handover(
        HandoverStream stream, SafeSocketHandle far, SafeSocketHandle upstream)
        : Command, IDisposable
    {
        public void Dispose()
        {
            far.Dispose();
            upstream.Dispose();
        }

        public override void Run(Instant now) => stream.HandOver(far, upstream, now);
    }

    private sealed class Answering(HandoverStream stream) : Command
    {
        public override void Run(Instant now) => stream.Answer();
    }

    // The far end is closed afterwards: its end would be told as a FIN.
    private sealed class Failure(
        HandoverStream stream, SafeSocketHandle far, HostError error) : Command, IDisposable
    {
        public void Dispose() => far.Dispose();

        public override void Run(Instant now)
        {
            stream.Fail(error, now);
            far.Dispose();
        }
    }
}
