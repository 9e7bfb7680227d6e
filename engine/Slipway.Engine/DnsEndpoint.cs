using System.Net.Sockets;
using Slipway.Host;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Puts the DNS server on the gateway's port 53. What the server knows is answered in the turn; for
/// the rest it asks others on the thread pool, and the answer comes back through the mailbox. A TCP
/// connection is one end of a socket pair whose other end the server reads.
/// </summary>
internal sealed class DnsEndpoint : IDatagramService, IStreamServices, IDisposable
{
    public const ushort Port = 53;

    /// <summary>
    /// Room for an answer from the server's own names (EDNS allows no more here).
    /// </summary>
    private readonly byte[] _response = new byte[4_096];

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private readonly DnsServer _server;
    private readonly HostNetwork _network;
    private readonly Mailbox _mailbox;
    private readonly IpAddress _gateway;
    private UdpLayer? _udp;

    public DnsEndpoint(
        DnsServer server, HostNetwork network, Mailbox mailbox, IpAddress gateway)
    {
        _server = server;
        _network = network;
        _mailbox = mailbox;
        _gateway = gateway;
        _stopped = _stopping.Token;
    }

    /// <summary>Begins to serve; the layer exists only after this object.</summary>
    public void Attach(UdpLayer udp)
    {
        _udp = udp;
        udp.AddService(Port, this);
    }

    public void Receive(
        in GuestPacket packet, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload, Instant now)
    {
        IpEndpoint guest = new(packet.Source, sourcePort);
        switch (_server.TryAnswer(payload, overTcp: false, _response, out int lengthBytes))
        {
            case DnsDisposition.Answered:
                _udp!.SendFromGateway(packet.Route, Port, guest, _response.AsSpan(0, lengthBytes));
                return;
            case DnsDisposition.Unknown:
                _ = AskAsync(payload.ToArray(), packet.Route, guest);
                return;
        }
    }

    public HostError Open(
        in IpEndpoint destination, in IpEndpoint guest, IReadinessOwner owner,
        out IHostStream? stream)
    {
        stream = null;
        if (destination.Port != Port || destination.Address != _gateway)
        {
            return HostError.Refused;
        }

        HostError error = _network.OpenPair(owner, out stream, out SafeSocketHandle? far);
        if (error == HostError.None && far is not null)
        {
            IpAddress address = guest.Address;
            _ = Task.Run(() => ServeAsync(far, address));
        }

        return error;
    }

    /// <summary>Ends what waits.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task AskAsync(byte[] query, GuestRoute route, IpEndpoint guest)
    {
        try
        {
            byte[]? answer = await _server
                .AskAsync(query, guest.Address, overTcp: false, _stopped)
                .ConfigureAwait(false);
            if (answer is not null)
            {
                _mailbox.Post(new Answer(_udp!, route, guest, answer));
            }
        }
        catch (OperationCanceledException)
        {
            return; // the engine stops; nobody waits for the answer
        }
    }

    private async Task ServeAsync(SafeSocketHandle far, IpAddress guest)
    {
        try
        {
            using Socket socket = new(far);
            await using NetworkStream connection = new(socket, ownsSocket: true);
            await _server.ServeStreamAsync(connection, guest, _stopped).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            return; // the guest has gone or the engine stops: the connection is over either way
        }
    }

    private sealed class Answer(UdpLayer udp, GuestRoute route, IpEndpoint guest, byte[] message)
        : Command
    {
        public override void Run(Instant now) => udp.SendFromGateway(route, Port, guest, message);
    }
}
