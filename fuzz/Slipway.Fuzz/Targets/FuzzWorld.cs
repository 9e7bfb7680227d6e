using System.Buffers.Binary;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// The whole stack with small tables between two guests' ports and a simulated host. Checked after
/// every step: each frame that the engine sends is well formed, and goes to a guest. At the end
/// all guests leave, and nothing may be left.
/// </summary>
internal sealed class FuzzWorld
{
    // What a step does, by its first byte modulo the number of them.
    public const byte Frame = 0;
    public const byte Tracked = 1;
    public const byte Other = 2;
    public const byte Wait = 3;
    public const byte HostSends = 4;
    public const byte HostEnds = 5;
    public const byte HostConnects = 6;
    public const byte Room = 7;
    public const byte Leave = 8;
    public const byte HostDatagram = 9;
    private const int Kinds = 10;

    private const int MaximumRounds = 100_000;

    private static readonly StackSettings Settings = VirtualNetwork.Settings6 with
    {
        Limits = new StackLimits
        {
            TcpFlows = 16, TcpHalfOpen = 8, UdpFlows = 16, UdpRemotesPerFlow = 4,
            UdpPublishedClients = 8, EchoFlows = 8, SwitchAddresses = 16, Neighbors = 16,
            ReassemblyPackets = 4, ReassemblyBytes = 4 << 16, TcpReceiveBytes = 1 << 20,
            TcpWindowBytes = 1 << 16,
        },
    };

    private readonly FakeClock _clock = new();
    private readonly Counters _counters = new();
    private readonly SimHost _host;
    private readonly SimServer _server;
    private readonly SimServer _server6;
    private readonly SimDatagramServer _names;
    private readonly GuestStack _stack;
    private readonly RecordingPort[] _ports = [new(1), new(2)];
    private readonly FlowTracker _tracker = new();
    private readonly List<SimConnection> _clients = [];
    private readonly List<byte[]> _answers = [];
    private readonly HashSet<MacAddress> _stations = [];
    private readonly int _lasting;
    private long _frames;
    private long _bytes;
    private long _sent;

    public FuzzWorld()
    {
        _host = new SimHost(_clock);
        _server = _host.Serve(VirtualNetwork.FarEndpoint);
        _server6 = _host.Serve(VirtualNetwork.FarEndpoint6);
        _names = _host.ServeUdp(new IpEndpoint(VirtualNetwork.Far, 53));
        _stack = new GuestStack(Settings, _counters, _host, _host, new SimServices(_host));
        foreach (RecordingPort port in _ports)
        {
            _stack.OnPortOpened(port, _clock.Now);
        }

        _lasting = _host.OpenSockets;
        Turn();
    }

    /// <summary>One step of an input: its kind, and what belongs to it.</summary>
    public void Do(ReadOnlySpan<byte> step)
    {
        if (step.IsEmpty)
        {
            return;
        }

        ReadOnlySpan<byte> rest = step[1..];
        switch ((byte)(step[0] % Kinds))
        {
            case Tracked:
                Send(_tracker.Place(rest), _ports[0]);
                break;
            case Other:
                Send(FrameMender.Mend(rest, isOther: true), _ports[1]);
                break;
            case Wait:
                Pass(rest.Length == 0 ? (byte)1 : rest[0]);
                break;
            case HostSends:
                HostSend(rest);
                break;
            case HostEnds:
                HostEnd(rest);
                break;
            case HostConnects:
                HostConnect(rest);
                break;
            case HostDatagram:
                _host.SendToHost(
                    new IpEndpoint(VirtualNetwork.Far, 53), _names.LastSource, rest.ToArray());
                Turn();
                break;
            case Room:
                _ports[0].Room = rest.Length == 0 || rest[0] == 255 ? int.MaxValue : rest[0];
                _stack.OnPortWritable(_ports[0], _clock.Now);
                Turn();
                break;
            case Leave:
                Close(_ports[0]);
                _sent += _ports[0].SentCount;
                _ports[0] = new RecordingPort(1);
                _stack.OnPortOpened(_ports[0], _clock.Now);
                Turn();
                break;
            default:
                Send(FrameMender.Mend(rest, isOther: false), _ports[0]);
                break;
        }
    }

    public void Send(Ipv4Packet packet) => Send(packet.ToFrame(), _ports[0]);

    /// <summary>How many echo replies with this body came, of all that was sent.</summary>
    public int Answers(int bodyBytes, byte[] body) => _answers.Count(frame =>
        EthernetFrame.Parse(frame).Type == 0x0800
            && Ipv4Packet.ParseFrame(frame).Protocol == IpProtocol.Icmp
            && frame.AsSpan().EndsWith(body) && bodyBytes == body.Length
            && IcmpPacket.ParseFrame(frame).Type == 0);

    /// <summary>All guests leave and the host ends what it has: nothing may be left.</summary>
    public void End()
    {
        foreach (RecordingPort port in _ports)
        {
            port.Room = int.MaxValue;
            _stack.OnPortWritable(port, _clock.Now);
        }

        Turn();
        FuzzFaultException.If(
            _counters.FramesReceived != _frames || _counters.BytesReceived != _bytes
                || _counters.FramesSent != _sent + _ports.Sum(port => port.SentCount),
            $"the counters do not add up: {_counters.FramesReceived} frames of {_frames}, "
                + $"{_counters.BytesReceived} bytes of {_bytes}, {_counters.FramesSent} sent of "
                + $"{_sent + _ports.Sum(port => port.SentCount)}");
        foreach (SimConnection connection in Connections())
        {
            connection.Reset();
        }

        foreach (RecordingPort port in _ports)
        {
            Close(port);
        }

        StackRest.Await(_stack, _host, _clock, _lasting, Turn);
    }

    private Instant Next() => StackRest.Next(_stack, _host);

    private List<SimConnection> Connections() =>
        [.. _server.Connections, .. _server6.Connections, .. _clients];

    // As links do it: nothing goes into a port that is closed.
    private void Close(RecordingPort port)
    {
        _stack.OnPortClosed(port, _clock.Now);
        port.Room = 0;
    }

    private void Send(byte[] frame, RecordingPort port)
    {
        _frames++;
        _bytes += frame.Length;
        if (frame.Length >= 14)
        {
            _stations.Add(MacAddress.Read(frame.AsSpan(6)));
        }

        _stack.OnFrame(port, frame, default, _clock.Now);
        Turn();
    }

    // The host reads all that there is, and sends.
    private void HostSend(ReadOnlySpan<byte> bytes)
    {
        if (Connections().LastOrDefault() is SimConnection { IsClosed: false } connection)
        {
            connection.ReadAll();
            _ = connection.Write(bytes);
        }

        Turn();
    }

    private void HostEnd(ReadOnlySpan<byte> how)
    {
        if (Connections().LastOrDefault() is SimConnection connection)
        {
            if (how.Length > 0 && how[0] % 2 == 1)
            {
                connection.Reset();
            }
            else
            {
                connection.ShutdownSend();
            }
        }

        Turn();
    }

    // A client comes to a port that is published: an IPv4 or an IPv6 one, for either guest.
    private void HostConnect(ReadOnlySpan<byte> how)
    {
        int kind = how.Length == 0 ? 0 : how[0];
        IpAddress guest = (kind & 3) switch
        {
            0 => VirtualNetwork.Guest,
            1 => VirtualNetwork.Guest6,
            2 => IpAddress.Parse("192.168.127.3"),
            _ => IpAddress.Parse("192.168.127.77"),
        };
        IpEndpoint published = new(guest, 8080);
        IpEndpoint client = new(
            guest.IsIPv4 ? IpAddress.IPv4Loopback : IpAddress.IPv6Loopback,
            (ushort)(1_024 + _clients.Count));
        IHostStream stream = _host.AcceptedStream(published, client);
        _clients.Add(SimHost.ConnectionOf(stream));
        _stack.Tcp.AcceptFromHost(stream, client, published, _clock.Now);
        Turn();
    }

    // From a millisecond to some minutes, with a turn at each deadline.
    private void Pass(byte amount)
    {
        Instant end = _clock.Now + new Duration(1_000_000L << (amount % 20));
        while (Next() is Instant next && next <= end)
        {
            _clock.AdvanceTo(next);
            Turn();
        }

        _clock.AdvanceTo(end);
        Turn();
    }

    private void Turn()
    {
        int rounds = 0;
        bool isTold;
        do
        {
            FuzzFaultException.If(++rounds == MaximumRounds, "it spins");
            isTold = _host.Dispatch(_clock.Now);
            _stack.Advance(_clock.Now);
        }
        while (isTold || _stack.HasPendingWork || _host.NextEvent <= _clock.Now);
        foreach (RecordingPort port in _ports)
        {
            foreach (byte[] frame in port.TakeAll())
            {
                Check(frame);
            }
        }
    }

    private void Check(byte[] frame)
    {
        // What the switch passes on of the other guest is as its sender made it.
        if (!frame.AsSpan(6, 6).SequenceEqual(GatewayMac()))
        {
            return;
        }

        if (IsRouted(frame))
        {
            return; // likewise, but for its TTL
        }

        FrameCheck.MustBeWellFormed(frame);
        FuzzFaultException.If(
            (frame[0] & 1) == 0 && !_stations.Contains(MacAddress.Read(frame)),
            "a frame was sent to an address that no guest has shown");
        _tracker.Learn(frame);
        _answers.Add(frame);
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12));
        if (type == 0x0800)
        {
            IpAddress to = IpAddress.ReadIPv4(frame.AsSpan(30));
            FuzzFaultException.If(
                !Settings.Subnet.Contains(to) && to != IpAddress.IPv4Broadcast,
                $"a packet was sent to {to}, which is no guest");
        }
        else if (type == 0x86dd)
        {
            IpAddress to = IpAddress.ReadIPv6(frame.AsSpan(38));
            FuzzFaultException.If(
                !VirtualNetwork.Prefix6.Contains(to) && !to.IsMulticast && !to.IsLinkLocal,
                $"a packet was sent to {to}, which is no guest");
        }
    }

    // From one guest to another by the gateway.
    private static bool IsRouted(byte[] frame)
    {
        if (BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12)) != 0x0800)
        {
            return false;
        }

        IpAddress from = IpAddress.ReadIPv4(frame.AsSpan(26));
        return Settings.Subnet.Contains(from) && !Settings.IsVirtual(from);
    }

    private static ReadOnlySpan<byte> GatewayMac() => [0x5a, 0x94, 0xef, 0xe4, 0x0c, 0xdd];
}
