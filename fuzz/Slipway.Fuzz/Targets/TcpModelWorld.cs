using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Fuzz.Targets;

/// <summary>
/// One TCP connection between a guest that does as a script says and a simulated host, and the
/// model beside it. At the end both turn polite, and everything must arrive.
/// </summary>
internal sealed partial class TcpModelWorld
{
    /// <summary>Bytes of the script's head, and of each step.</summary>
    public const int HeadBytes = 4;
    public const int StepBytes = 6;

    // All waiting of a script: far below where the engine gives a silent guest up.
    private static readonly Duration Patience = Duration.FromSeconds(60);

    private static readonly uint[] Initials = [1_000_000, uint.MaxValue - 300, int.MaxValue, 0];
    private static readonly int[] SegmentSizes = [1_460, 0, 536, 64, 1, 65_495, 1_000, 9_000];
    private static readonly int[] BufferSizes = [256 << 10, 1_000, 5_000, 40_000];
    private static readonly int[] WindowLimits = [20_000, 3_000, 1 << 16, 1 << 17];
    private static readonly ushort[] Windows = [65_535, 0, 1, 1_000];

    // As links have it; one for all, since it is cleared.
    private static readonly FrameBatch s_batch = new(9 << 16, 1 << 16);

    private readonly FakeClock _clock = new();
    private readonly SimHost _host;
    private readonly GuestStack _stack;
    private readonly RecordingPort _port;
    private readonly TcpModel _model;
    private readonly SegmentOptions _options;
    private readonly IpEndpoint _guest;
    private readonly IpEndpoint _remote;
    private readonly int _lasting;
    private SimConnection? _connection;
    private Duration _waited;
    private bool _isOver;

    public TcpModelWorld(ReadOnlySpan<byte> head)
    {
        s_batch.Clear();
        int size = SegmentSizes[head[1] >> 4 & 7];
        int scale = head[1] & 15;
        bool hasTimestamps = (head[0] & 2) != 0;
        bool isPublished = (head[0] & 8) != 0;
        bool isIPv6 = (head[0] & 0x80) != 0;
        int mtu = (head[0] & 16) != 0 ? 65_520 : 1_500;
        _options = new SegmentOptions
        {
            MaximumSegmentSize = size == 0 ? null : (ushort)size,
            SackPermitted = (head[0] & 1) != 0,
            WindowScale = (head[0] & 4) != 0 ? (byte)scale : null,
            Timestamps = hasTimestamps ? (TimestampNow, 0) : null,
        };
        int offered = size == 0 ? (isIPv6 ? 1_220 : 536) : Math.Max(size, 64);
        _model = new TcpModel(
            Initials[head[0] >> 5 & 3],
            Math.Min(offered, mtu - (isIPv6 ? 60 : 40)) - (hasTimestamps ? 12 : 0),
            _options.WindowScale is null ? -1 : Math.Min(scale, 14));
        _host = new SimHost(_clock);
        _port = new RecordingPort(1, mtu);
        StackSettings settings = VirtualNetwork.Settings6 with
        {
            MtuBytes = mtu,
            Limits = new StackLimits
            {
                TcpFlows = 16, TcpHalfOpen = 8, UdpFlows = 16, UdpRemotesPerFlow = 4,
                UdpPublishedClients = 8, EchoFlows = 8, SwitchAddresses = 16, Neighbors = 16,
                ReassemblyPackets = 4, ReassemblyBytes = 4 << 16, TcpReceiveBytes = 16 << 20,
                TcpWindowBytes = WindowLimits[head[2] >> 4 & 3],
            },
        };
        _stack = new GuestStack(settings, new Counters(), _host, _host, new SimServices(_host));
        _stack.OnPortOpened(_port, _clock.Now);
        _guest = isIPv6 ? VirtualNetwork.GuestEndpoint6 : VirtualNetwork.GuestEndpoint;
        _remote = isIPv6 ? VirtualNetwork.FarEndpoint6 : VirtualNetwork.FarEndpoint;
        SimServer server = new()
        {
            SendBufferBytes = BufferSizes[head[2] & 3],
            ReceiveBufferBytes = BufferSizes[head[2] >> 2 & 3],
        };
        _host.Serve(_remote, server);
        _lasting = _host.OpenSockets;
        ushort window = Windows[head[3] & 3];
        if (isPublished)
        {
            _guest = new IpEndpoint(_guest.Address, 8_080);
            _remote = new IpEndpoint(
                isIPv6 ? VirtualNetwork.Gateway6 : VirtualNetwork.Gateway, 1_024);
            Invite(server, isIPv6, window);
        }
        else
        {
            Connect(server, window);
        }
    }

    private static ReadOnlySpan<int> Lengths =>
    [
        1, 0, 2, 10, 100, 535, 536, 1_000, 1_448, 1_460, 1_461, 3_000, 9_000, 17_000, 30_000,
        64_000,
    ];

    private TcpState State => _stack.Tcp.StateOf(new FlowKey(_guest, _remote, IpProtocol.Tcp));

    private uint TimestampNow => (uint)(_clock.Now.Nanoseconds / 1_000_000);

    private Segment Template => new()
    {
        Source = _guest, Destination = _remote, Sequence = _model.GuestSequence(_model.GuestSent),
        Acknowledgment = _model.EngineSequence(_model.EngineSent),
        Options = _options.Timestamps is null ? SegmentOptions.None : new SegmentOptions
        {
            Timestamps = (TimestampNow, _model.LatestEngineTimestamp),
        },
    };

    /// <summary>One step, and what must hold after it.</summary>
    public void Do(ReadOnlySpan<byte> step)
    {
        TcpState before = BeginStep();
        switch (step[0] % 10)
        {
            case 3:
                HostWrites(Length(step[1]));
                break;
            case 4:
                HostReads();
                break;
            case 5:
                HostEnds(isReset: step[1] % 8 == 7);
                break;
            case 6:
                Wait(Duration.FromMilliseconds(1 << (step[1] % 15)));
                break;
            case 7:
                _port.Room = step[1] == 255 ? int.MaxValue : step[1];
                _stack.OnPortWritable(_port, _clock.Now);
                Turn();
                break;
            case 8:
                Arrive(Template, 0, isLast: true);
                break;
            case 9:
                Arrive(WithText(Template, _model.GuestSent, Length(step[1]), 0), 0, isLast: true);
                break;
            default:
                Script(step[1..], before);
                break;
        }

        CheckState(before);
    }

    /// <summary>The end: what is under way arrives, and nothing is left.</summary>
    public void End()
    {
        TcpState before = BeginStep();
        HandOver();
        _port.Room = int.MaxValue;
        _stack.OnPortWritable(_port, _clock.Now);
        Turn();
        CheckState(before);
        if (!_isOver && !_model.IsConfused && !_model.IsHostReset)
        {
            Finish();
        }

        _isOver = true;
        _connection?.Reset();
        _stack.OnPortClosed(_port, _clock.Now);
        _port.Room = 0;
        StackRest.Await(_stack, _host, _clock, _lasting, Turn);
    }

    // No frame of a guest's is longer than its link takes, with all options.
    private int Length(int choice) => Math.Min(Lengths[choice % 16], _port.MtuBytes - 100);

    // Segments that wait to be handed over belong to the next step.
    private TcpState BeginStep()
    {
        if (s_batch.Count == 0)
        {
            _model.BeginStep();
        }

        return State;
    }

    // What lies before the stream's first byte is nothing.
    private static Segment WithText(Segment segment, long at, int length, int text)
    {
        byte[] bytes = new byte[length];
        int before = (int)Math.Clamp(-at, 0, length);
        TcpModel.GuestTexts[text].Fill(Math.Max(at, 0), bytes.AsSpan(before));
        return segment with { Payload = bytes };
    }

    private void Connect(SimServer server, ushort window)
    {
        Segment syn = Template with
        {
            Sequence = _model.GuestSequence(-1), Flags = TcpFlags.Syn, Options = _options,
            Window = window, Acknowledgment = 0,
        };
        _model.GuestSynchronizes(syn);
        HandOver(syn);
        Turn();
        _connection = server.Connection;
        FuzzFaultException.If(State != TcpState.SynReceived, $"a SYN led to {State}");
    }

    private void Invite(SimServer server, bool isIPv6, ushort window)
    {
        _stack.OnFrame(
            _port,
            isIPv6 ? new NeighborMessage
            {
                SourceMac = VirtualNetwork.GuestMac, Source = VirtualNetwork.Guest6,
                LinkLayer = VirtualNetwork.GuestMac,
            }.ToFrame() : new ArpFrame().ToFrame(), default, _clock.Now);
        IpEndpoint client = new(
            isIPv6 ? IpAddress.IPv6Loopback : IpAddress.IPv4Loopback, _remote.Port);
        IHostStream stream = _host.AcceptedStream(_guest, client, server);
        _connection = SimHost.ConnectionOf(stream);
        _stack.Tcp.AcceptFromHost(stream, client, _guest, _clock.Now);
        Segment answer = Template with
        {
            Sequence = _model.GuestSequence(-1), Flags = TcpFlags.Syn | TcpFlags.Acknowledgment,
            Window = window,
        };
        _model.GuestSynchronizes(answer);
        Turn();
        FuzzFaultException.If(State != TcpState.SynSent, $"an invitation led to {State}");
        HandOver(answer with
        {
            Acknowledgment = _model.EngineSequence(0), Options = _options,
        });
        Turn();
        FuzzFaultException.If(State != TcpState.Established, $"a SYN+ACK led to {State}");
    }

    private void HostWrites(int length)
    {
        if (!_isOver && !_model.IsHostShut && !_model.IsHostReset && !_connection!.IsClosed)
        {
            _model.HostWritten += _connection.Write(
                TcpModel.HostText.Bytes(_model.HostWritten, length));
        }

        Turn();
    }

    private void HostReads()
    {
        if (!_model.IsHostReset && !_connection!.WasReset)
        {
            _model.HostGets(_connection.ReadAll());
            if (_connection.IsEndOfStream)
            {
                _model.HostGetsEnd();
            }
        }

        Turn();
    }

    private void HostEnds(bool isReset)
    {
        if (isReset)
        {
            _model.IsHostReset = true;
            _connection!.Reset();
        }
        else if (!_model.IsHostReset)
        {
            _model.IsHostShut = true;
            _connection!.ShutdownSend();
        }

        Turn();
    }

    private void Wait(Duration by)
    {
        HandOver();
        Instant end = _clock.Now + by;
        _waited += by;
        if (_waited > Patience)
        {
            return;
        }

        while (StackRest.Next(_stack, _host) is Instant next && next <= end)
        {
            _clock.AdvanceTo(next);
            Turn();
        }

        _clock.AdvanceTo(end);
        Turn();
        bool isAwake = TcpTransitions.IsSynchronized(State) && _port.Room > 100
            && !_model.IsHostReset && by >= Duration.FromMilliseconds(20);
        FuzzFaultException.If(
            isAwake && _model.Told < _model.MustEnd,
            $"{_model.Told} is acknowledged, and {_model.MustEnd} has come");
    }
}
