using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Testing;

/// <summary>
/// A simulated guest with one network card: answers ARP and pings, reassembles, and runs TCP
/// connections, UDP sockets and pings for the test. What it sends goes to <c>transmit</c>.
/// </summary>
public sealed partial class SimGuest(FakeClock clock, Action<byte[]> transmit, ulong seed = 1)
{
    private readonly Random _random = new((int)seed);
    private readonly Dictionary<(IpEndpoint Local, IpEndpoint Remote), GuestTcp> _connections = [];
    private readonly Dictionary<ushort,
        (GuestTcpOptions Options, Action<GuestTcp> Accepted)> _listeners = [];
    private ushort _identification;

    public MacAddress Mac { get; init; } = VirtualNetwork.GuestMac;

    public IpAddress Address { get; set; } = VirtualNetwork.Guest;

    public int MtuBytes { get; init; } = 1500;

    /// <summary>Connections that are not over, TIME-WAIT included.</summary>
    public int ConnectionCount => _connections.Count;

    public Instant NextDeadline
    {
        get
        {
            Instant next = Instant.Never;
            foreach (GuestTcp connection in _connections.Values)
            {
                next = Instant.Min(next, connection.NextDeadline);
            }

            return next;
        }
    }

    internal uint TimestampNow => (uint)(clock.Now.Nanoseconds / 1_000_000);

    /// <summary>Starts a connection; its SYN leaves at the next flush.</summary>
    public GuestTcp Connect(ushort port, IpEndpoint remote, GuestTcpOptions? options = null)
    {
        IpEndpoint local = new(remote.Address.IsIPv4 ? Address : Address6!.Value, port);
        GuestTcp connection =
            new(this, local, remote, options ?? new(), (uint)_random.Next(), isPassive: false);
        _connections[(local, remote)] = connection;
        return connection;
    }

    /// <summary>
    /// Takes connections to a port; the action is called when one is established.
    /// </summary>
    public void Listen(ushort port, Action<GuestTcp> accepted, GuestTcpOptions? options = null) =>
        _listeners[port] = (options ?? new(), accepted);

    /// <summary>A frame has come from the engine.</summary>
    public void Receive(ReadOnlySpan<byte> frame)
    {
        EthernetFrame ethernet = EthernetFrame.Parse(frame);
        if (ethernet.Destination != Mac && !ethernet.Destination.IsMulticast)
        {
            return;
        }

        if (ethernet.Type == 0x0806)
        {
            ReceiveArp(ArpFrame.ParseFrame(frame));
        }
        else if (ethernet.Type == 0x86dd)
        {
            ReceiveIpv6(frame);
        }
        else
        {
            ReceivePacket(Ipv4Packet.ParseFrame(frame));
        }
    }

    /// <summary>Time passes: timers fire.</summary>
    public void Tick()
    {
        foreach (GuestTcp connection in _connections.Values)
        {
            connection.Tick(clock.Now);
        }
    }

    /// <summary>Everything that can be sent is sent.</summary>
    public void Flush()
    {
        List<GuestTcp>? gone = null;
        foreach (GuestTcp connection in _connections.Values)
        {
            connection.Flush(clock.Now);
            if (connection.IsGone)
            {
                (gone ??= []).Add(connection);
            }
        }

        foreach (GuestTcp connection in gone ?? [])
        {
            _connections.Remove((connection.Local, connection.Remote));
        }
    }

    internal void Transmit(Ipv4Packet packet)
    {
        Ipv4Packet whole = packet with { Identification = _identification++ };
        foreach (Ipv4Packet piece in whole.Payload.Length + 20 > MtuBytes
            ? whole.Fragment(MtuBytes - 20) : [whole])
        {
            transmit(new EthernetFrame { Source = Mac, Payload = piece.ToBytes() }.ToBytes());
        }
    }

    internal void OnEstablished(GuestTcp connection)
    {
        if (_listeners.TryGetValue(connection.Local.Port, out var listener))
        {
            listener.Accepted(connection);
        }
    }

    private void ReceiveArp(ArpFrame arp)
    {
        if (arp.Operation == 1 && arp.Target == Address)
        {
            transmit(new ArpFrame
            {
                Operation = 2, SenderMac = Mac, Sender = Address,
                TargetMac = arp.SenderMac, Target = arp.Sender, Destination = arp.SenderMac,
            }.ToFrame());
        }
    }

    private void ReceiveSegment(Segment segment)
    {
        if (!_connections.TryGetValue((segment.Destination, segment.Source),
            out GuestTcp? connection))
        {
            bool isSyn = segment.Has(TcpFlags.Syn) && !segment.Has(TcpFlags.Acknowledgment);
            if (!isSyn || !_listeners.TryGetValue(segment.Destination.Port, out var listener))
            {
                RefuseSegment(segment);
                return;
            }

            connection = new GuestTcp(
                this, segment.Destination, segment.Source, listener.Options, (uint)_random.Next(),
                    isPassive: true);
            _connections[(segment.Destination, segment.Source)] = connection;
        }

        connection.Receive(segment, clock.Now);
    }

    /// <summary>RST for a segment of no connection (RFC 9293 section 3.5.2).</summary>
    private void RefuseSegment(Segment segment)
    {
        if (segment.Has(TcpFlags.Reset))
        {
            return;
        }

        bool acknowledges = segment.Has(TcpFlags.Acknowledgment);
        Transmit(new Segment
        {
            Source = segment.Destination,
            Destination = segment.Source,
            Sequence = acknowledges ? segment.Acknowledgment : 0,
            Acknowledgment = acknowledges ? 0 : segment.End,
            Flags = acknowledges ? TcpFlags.Reset : TcpFlags.Reset | TcpFlags.Acknowledgment,
            Window = 0,
        });
    }
}
