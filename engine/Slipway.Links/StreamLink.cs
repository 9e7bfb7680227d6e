using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// Guests on Unix stream sockets, with each frame after its length as a u32 in network order: what
/// QEMU's -netdev stream, passt's guests and libkrun speak.
/// </summary>
/// <remarks>
/// Theory of operation. A guest that connects is a port; when it leaves the port ends, and it may
/// come again as a new one. The kernel's queue to the guest is followed by one of ours
/// (<see cref="StreamPort"/>), which is written out once a turn.
/// </remarks>
public sealed class StreamLink : GuestLink
{
    /// <summary>Guests at a time.</summary>
    public const int MaximumGuests = 64;

    /// <summary>
    /// One read fills at most this, in bytes; a turn reads once from each guest, so that no guest
    /// keeps the others waiting. It holds four of the largest frames.
    /// </summary>
    private const int ReceiveBufferBytes = 256 * 1024;

    private readonly List<StreamPort> _ports = new(MaximumGuests);
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

    private StreamLink(string path, int mtuBytes, Action<string> report)
    {
        Description = $"stream {path}";
        _mtuBytes = mtuBytes;
        _report = report;
        _listener = GuestListener.Bind(this, path, MaximumGuests, Accept, report);
    }

    private StreamLink(int connected, int mtuBytes, Action<string> report)
    {
        Description = $"stream descriptor {connected}";
        _connected = connected;
        _mtuBytes = mtuBytes;
        _report = report;
    }

    public override string Description { get; }

    protected override IReadOnlyList<IGuestPort> OpenPorts => _ports;

    /// <summary>Listens on a path; guests connect when they like.</summary>
    /// <param name="path">Of the socket; at most 107 bytes.</param>
    /// <param name="mtuBytes">Largest IP packet towards the guests.</param>
    /// <param name="report">Told in a sentence what somebody should know.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static StreamLink Listen(string path, int mtuBytes, Action<string> report) =>
        new(path, mtuBytes, report);

    /// <summary>Takes over a connected stream socket: one guest, which cannot come again.</summary>
    /// <exception cref="LinkException">It is no stream socket.</exception>
    public static StreamLink FromDescriptor(int descriptor, int mtuBytes, Action<string> report)
    {
        CheckDescriptor(descriptor);
        return new StreamLink(descriptor, mtuBytes, report);
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _watcher = watcher;
        _receiver = receiver;
        if (_connected >= 0)
        {
            int connected = _connected;
            _connected = -1; // the port's from here
            AddPort(connected, now);
        }
        else
        {
            _listener!.Start(watcher);
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
        foreach (StreamPort port in _ports)
        {
            port.Dispose();
        }

        _ports.Clear();
        _listener?.Dispose();
        if (_connected >= 0)
        {
            Files.Close(_connected);
            _connected = -1;
        }
    }

    /// <summary>Makes a stream socket non-blocking.</summary>
    /// <exception cref="LinkException">It is none.</exception>
    internal static void CheckDescriptor(int descriptor)
    {
        int type = SocketOptions.Get(
            descriptor, SocketOptions.LevelSocket, SocketOptions.Type);
        if (type != Sockets.Stream || Files.SetNonBlocking(descriptor) < 0)
        {
            throw new LinkException("it is not a connected stream socket; "
                + "pass one end of socketpair(AF_UNIX, SOCK_STREAM)");
        }
    }

    /// <summary>What the ports read into, one after the other.</summary>
    internal Span<byte> ReceiveBuffer => _received;

    /// <summary>The port has ended; tells the switch, and people if they must act.</summary>
    /// <param name="mistake">What the guest did wrong; null when it just left.</param>
    internal void OnClosed(StreamPort port, string? mistake, Instant now)
    {
        _ports.Remove(port);
        _fullReported = false;
        if (mistake is not null)
        {
            _report($"{Description}: a guest {mistake}; it is disconnected");
        }
        else if (_listener is null)
        {
            _report($"{Description} is gone: its guest has left and cannot come again");
        }

        _receiver!.OnPortClosed(port, now);
    }

    private void Accept(int descriptor, Instant now)
    {
        if (_ports.Count < MaximumGuests)
        {
            AddPort(descriptor, now);
            return;
        }

        Files.Close(descriptor);
        if (!_fullReported)
        {
            _fullReported = true;
            _report($"{Description} has {MaximumGuests} guests and takes no more");
        }
    }

    private void AddPort(int descriptor, Instant now)
    {
        StreamPort port = new(this, descriptor, _mtuBytes, _watcher!, _receiver!);
        _ports.Add(port);
        port.Open(now);
    }
}
