using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Ports of UDP on the gateway for the proxy, each for one guest. They are the keeper's, where
/// datagrams to the gateway come; the proxy's tasks reach them by its mailbox.
/// </summary>
internal sealed class RelayPorts(Mailbox mailbox)
{
    /// <summary>Answers to a guest that wait for the turn, in bytes; more are lost.</summary>
    private const int MostWaitingBytes = 256 * 1024;

    private UdpLayer? _udp;

    /// <summary>Begins to serve; the layer exists only after this object.</summary>
    public void Attach(UdpLayer udp) => _udp = udp;

    /// <summary>
    /// Opens a port; null when there is none, or the engine stops. From any thread.
    /// </summary>
    /// <param name="gateway">The address that the guest knows it by.</param>
    /// <param name="guest">Who may send there.</param>
    /// <param name="receiver">Takes what it sends.</param>
    public async Task<GuestRelay?> OpenAsync(
        IpAddress gateway, IpAddress guest, IRelayReceiver receiver)
    {
        Relay relay = new(this, gateway, guest, receiver);
        Opening opening = new(relay);
        mailbox.Post(opening);
        return await opening.IsOpen.ConfigureAwait(false) ? relay : null;
    }

    private sealed class Relay(
        RelayPorts ports, IpAddress gateway, IpAddress guest, IRelayReceiver receiver)
        : GuestRelay, IDatagramService
    {
        private GuestRoute _route;
        private int _waitingBytes;

        public bool TryOpen()
        {
            bool isOpen = ports._udp!.TryAddRelay(this, out ushort port);
            Port = port;
            return isOpen;
        }

        public void Close() => ports._udp!.RemoveRelay(Port);

        public void Receive(
            in GuestPacket packet, ushort sourcePort, ushort destinationPort,
            ReadOnlySpan<byte> payload, Instant now)
        {
            if (packet.Source == guest && packet.Destination == gateway)
            {
                _route = packet.Route;
                receiver.Receive(sourcePort, payload);
            }
        }

        public override void Send(ushort guestPort, ReadOnlySpan<byte> datagram)
        {
            if (Interlocked.Add(ref _waitingBytes, datagram.Length) > MostWaitingBytes)
            {
                Interlocked.Add(ref _waitingBytes, -datagram.Length);
                return;
            }

            ports.Post(new Answer(this, guestPort, datagram.ToArray()));
        }

        public void SendNow(ushort guestPort, byte[] datagram)
        {
            Interlocked.Add(ref _waitingBytes, -datagram.Length);
            ports._udp!.SendFromGateway(
                _route, new IpEndpoint(gateway, Port), new IpEndpoint(guest, guestPort), datagram);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                ports.Post(new Closing(this));
            }
        }
    }

    private void Post(Command command) => mailbox.Post(command);

    private sealed class Opening(Relay relay) : Command, IDisposable
    {
        private readonly TaskCompletionSource<bool> _opened =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> IsOpen => _opened.Task;

        /// <summary>It will not be run: the engine has ended.</summary>
        public void Dispose() => _opened.TrySetResult(false);

        public override void Run(Instant now) => _opened.TrySetResult(relay.TryOpen());
    }

    private sealed class Closing(Relay relay) : Command
    {
        public override void Run(Instant now) => relay.Close();
    }

    private sealed class Answer(Relay relay, ushort guestPort, byte[] datagram) : Command
    {
        public override void Run(Instant now) => relay.SendNow(guestPort, datagram);
    }
}
