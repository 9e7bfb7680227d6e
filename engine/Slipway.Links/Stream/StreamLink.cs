using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// Guests on connected sockets, in one of several protocols (<see cref="StreamProtocol"/>).
/// </summary>
/// <remarks>
/// Theory of operation. A guest that connects is a port, once it has said what its protocol has
/// before frames; when it leaves the port ends, and it may come again as a new one. The kernel's
/// queue to the guest is followed by one of ours (<see cref="StreamPort"/>), which is written out
/// once a turn. Who connects and says nothing makes room when it is needed.
/// </remarks>
public sealed class StreamLink : GuestLink
{
    /// <summary>Guests at a time.</summary>
    public const int MaximumGuests = 64;

    /// <summary>
    /// Connections of one virtual machine over AF_VSOCK; more would take the others' places.
    /// </summary>
    public const int MaximumPerMachine = 8;

    /// <summary>
    /// One read fills at most this, in bytes; a turn reads once from each guest, so that no guest
    /// keeps the others waiting. It holds four of the largest frames.
    /// </summary>
    private const int ReceiveBufferBytes = 256 * 1024;

    private readonly List<StreamPort> _ports = new(MaximumGuests);

    // Those that have connected and not greeted, the oldest first.
    private readonly List<StreamPort> _greeting = [];
    private readonly StreamProtocol _protocol;
    private readonly int _mtuBytes;
    private readonly Action<string> _report;
    private readonly byte[] _received =
        GC.AllocateUninitializedArray<byte>(ReceiveBufferBytes, pinned: true);

    // Either listens, or had one guest from the start.
    private readonly GuestListener? _listener;
    private int _connected = -1;

    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;
    private bool _fullReported;
    private bool _takesMore;

    private StreamLink(
        StreamProtocol protocol, string description, int mtuBytes, Action<string> report,
        Func<StreamLink, GuestListener>? listen, int connected = -1)
    {
        protocol.CheckMtu(mtuBytes);
        Description = description;
        _protocol = protocol;
        _mtuBytes = mtuBytes;
        _report = report;
        _connected = connected;
        _listener = listen?.Invoke(this);
    }

    public override string Description { get; }

    protected override IReadOnlyList<IGuestPort> OpenPorts => _ports;

    /// <summary>Listens on a path; guests connect when they like.</summary>
    /// <param name="protocol">What they speak.</param>
    /// <param name="path">Of the socket; at most 107 bytes.</param>
    /// <param name="mtuBytes">Largest IP packet towards the guests.</param>
    /// <param name="report">Told in a sentence what somebody should know.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static StreamLink Listen(
        StreamProtocol protocol, string path, int mtuBytes, Action<string> report) => new(
            protocol, $"{protocol.Name} {path}", mtuBytes, report,
            link => GuestListener.Bind(
                link, path, protocol.SocketType, MaximumGuests, link.Accept, report));

    /// <summary>Listens on a port of AF_VSOCK (vsock(7)), for the guests of this host.</summary>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static StreamLink ListenVsock(
        StreamProtocol protocol, uint port, int mtuBytes, Action<string> report) => new(
            protocol, $"vsock {port}", mtuBytes, report,
            link => GuestListener.BindVsock(link, port, MaximumGuests, link.Accept, report));

    /// <summary>Takes over a connected socket: one guest, which cannot come again.</summary>
    /// <exception cref="LinkException">It is no socket of the protocol's type.</exception>
    public static StreamLink FromDescriptor(
        StreamProtocol protocol, int descriptor, int mtuBytes, Action<string> report)
    {
        CheckDescriptor(descriptor, protocol.SocketType);
        return new StreamLink(
            protocol, $"{protocol.Name} descriptor {descriptor}", mtuBytes, report,
            listen: null, descriptor);
    }

    /// <summary>A link whose guests somebody else accepts, and gives to it.</summary>
    /// <param name="description">What it is, for messages.</param>
    /// <exception cref="LinkException">The protocol cannot tell the MTU.</exception>
    /// <inheritdoc cref="Listen"/>
    public static StreamLink ForGiven(
        StreamProtocol protocol, string description, int mtuBytes, Action<string> report) =>
        new(protocol, description, mtuBytes, report, listen: null) { _takesMore = true };

    /// <summary>Takes a guest that has connected elsewhere; on the worker, once started.</summary>
    /// <param name="descriptor">A connected socket, closed where there is no place.</param>
    public void Give(int descriptor, Instant now)
    {
        _ = Files.SetNonBlocking(descriptor);
        Accept(descriptor, cid: 0, now);
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _watcher = watcher;
        _receiver = receiver;
        if (_connected >= 0)
        {
            int connected = _connected;
            _connected = -1; // the port's from here
            AddPort(connected, cid: 0, now);
        }
        else
        {
            _listener?.Start(watcher);
        }
    }

    public override void Flush(Instant now)
    {
        for (int i = _ports.Count - 1; i >= 0; i--)
        {
            _ports[i].Flush(now);
        }

        _listener?.Flush(now);
    }

    public override void Dispose()
    {
        foreach (StreamPort port in (IEnumerable<StreamPort>)[.. _ports, .. _greeting])
        {
            port.Dispose();
        }

        _ports.Clear();
        _greeting.Clear();
        _listener?.Dispose();
        if (_connected >= 0)
        {
            Files.Close(_connected);
            _connected = -1;
        }
    }

    /// <summary>Makes a connected socket of a type non-blocking.</summary>
    /// <exception cref="LinkException">It is none.</exception>
    internal static void CheckDescriptor(int descriptor, int wanted)
    {
        int type = SocketOptions.Get(
            descriptor, SocketOptions.LevelSocket, SocketOptions.Type);
        if (type != wanted || Files.SetNonBlocking(descriptor) < 0)
        {
            string name = wanted == Sockets.Stream ? "stream" : "seqpacket";
            throw new LinkException($"it is not a connected {name} socket; "
                + $"pass one end of socketpair(AF_UNIX, SOCK_{name.ToUpperInvariant()})");
        }
    }

    /// <summary>What the ports read into, one after the other.</summary>
    internal Span<byte> ReceiveBuffer => _received;

    /// <summary>The port is one of the switch from now on.</summary>
    internal void OnGreeted(StreamPort port)
    {
        _greeting.Remove(port);
        _ports.Add(port);
    }

    /// <summary>The port has ended; tells the switch, and people if they must act.</summary>
    /// <param name="mistake">What the guest did wrong; null when it just left.</param>
    internal void OnClosed(StreamPort port, string? mistake, Instant now)
    {
        _fullReported = false;
        if (mistake is not null)
        {
            _report($"{Description}: a guest {mistake}; it is disconnected");
        }
        else if (_listener is null && !_takesMore)
        {
            _report($"{Description} is gone: its guest has left and cannot come again");
        }

        if (!_greeting.Remove(port) && _ports.Remove(port))
        {
            _receiver!.OnPortClosed(port, now);
        }
    }

    private void Accept(int descriptor, uint cid, Instant now)
    {
        if (cid != 0 && HasTooMany(cid))
        {
            Files.Close(descriptor);
            ReportFull($"has {MaximumPerMachine} connections of machine {cid} and takes no more");
            return;
        }

        if (_ports.Count + _greeting.Count == MaximumGuests && _greeting.Count > 0)
        {
            StreamPort silent = _greeting[0];
            _greeting.RemoveAt(0);
            silent.Dispose();
        }

        if (_ports.Count + _greeting.Count < MaximumGuests)
        {
            AddPort(descriptor, cid, now);
            return;
        }

        Files.Close(descriptor);
        ReportFull($"has {MaximumGuests} guests and takes no more");
    }

    private bool HasTooMany(uint cid)
    {
        int count = 0;
        foreach (StreamPort port in _ports)
        {
            count += port.Cid == cid ? 1 : 0;
        }

        foreach (StreamPort port in _greeting)
        {
            count += port.Cid == cid ? 1 : 0;
        }

        return count >= MaximumPerMachine;
    }

    private void ReportFull(string what)
    {
        if (!_fullReported)
        {
            _fullReported = true;
            _report($"{Description} {what}");
        }
    }

    private void AddPort(int descriptor, uint cid, Instant now)
    {
        StreamPort port = new(this, _protocol, descriptor, _mtuBytes, _watcher!, _receiver!)
        {
            Cid = cid,
        };
        (port.HasGreeted ? _ports : _greeting).Add(port);
        port.Open(now);
    }
}
