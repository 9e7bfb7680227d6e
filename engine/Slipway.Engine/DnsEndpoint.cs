using Slipway.Host;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Puts the DNS server on the gateway's port 53. What the server knows is answered in the turn; for
/// the rest it asks others on the thread pool, and the answer comes back through the mailbox. A TCP
/// connection is a <see cref="DnsStreams"/>'s.
/// </summary>
internal sealed class DnsEndpoint : IDatagramService, IDisposable
{
    public const ushort Port = 53;

    /// <summary>
    /// Room for an answer from the server's own names (EDNS allows no more here).
    /// </summary>
    private readonly byte[] _response = new byte[4_096];

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private readonly DnsServer _server;
    private readonly Mailbox _mailbox;
    private readonly StackSettings _settings;
    private readonly ResponseBudget _budget;
    private UdpLayer? _udp;

    public DnsEndpoint(
        DnsServer server, Mailbox mailbox, StackSettings settings, ResponseBudget budget)
    {
        _budget = budget;
        _server = server;
        _mailbox = mailbox;
        _settings = settings;
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
                Send(
                    packet.Route, new IpEndpoint(packet.Destination, Port), guest,
                    _response.AsSpan(0, lengthBytes), now);
                return;
            case DnsDisposition.Unknown:
                _ = AskAsync(
                    payload.ToArray(), packet.Route, new IpEndpoint(packet.Destination, Port),
                    guest);
                return;
        }
    }

    /// <summary>The same by TCP, for the flows of a worker with these sockets.</summary>
    public DnsStreams StreamsOn(HostNetwork network) => new(_server, network, _settings, _stopped);

    /// <summary>Ends what waits.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task AskAsync(
        byte[] query, GuestRoute route, IpEndpoint asked, IpEndpoint guest)
    {
        try
        {
            byte[]? answer = await _server
                .AskAsync(query, route.Port.Id, overTcp: false, _stopped)
                .ConfigureAwait(false);
            if (answer is not null)
            {
                _mailbox.Post(new Answer(this, route, asked, guest, answer));
            }
        }
        catch (OperationCanceledException)
        {
            return; // the engine stops; nobody waits for the answer
        }
    }

    private void Send(
        in GuestRoute route, in IpEndpoint asked, in IpEndpoint guest, ReadOnlySpan<byte> message,
        Instant now)
    {
        if (_budget.TrySpend(route.Port.Id, message.Length, now))
        {
            _udp!.SendFromGateway(route, asked, guest, message);
        }
        else
        {
            _server.Counters.CountLimited();
        }
    }

    private sealed class Answer(
        DnsEndpoint endpoint, GuestRoute route, IpEndpoint asked, IpEndpoint guest, byte[] message)
        : Command
    {
        public override void Run(Instant now) =>
            endpoint.Send(route, asked, guest, message, now);
    }
}
