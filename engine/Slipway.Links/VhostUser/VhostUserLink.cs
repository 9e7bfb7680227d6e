using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// Guests of VMMs that connect to a Unix socket and share the guests' memory: QEMU's -netdev
/// vhost-user, cloud-hypervisor's --net vhost_user=true. The engine is the back end.
/// </summary>
/// <remarks>
/// Theory of operation. Each connection is one network device of one guest
/// (<see cref="VhostUserConnection"/>). A queue with more than its share of a turn is gone on with
/// in the next, which an event descriptor of ours brings on. The guests are called once, at the end
/// of the turn.
/// </remarks>
public sealed class VhostUserLink : GuestLink, IReadinessOwner
{
    /// <summary>Devices at a time.</summary>
    public const int MaximumGuests = 64;

    private readonly List<VhostUserConnection> _connections = new(MaximumGuests);
    private readonly byte[] _count = new byte[sizeof(ulong)];

    // Either listens, or had one VMM from the start.
    private readonly GuestListener? _listener;
    private int _connected = -1;

    private readonly int _mtuBytes;
    private readonly Action<string> _report;
    private readonly int _continue;

    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;
    private string _lastReport = "";
    private bool _isTrustReported;
    private bool _isContinued;
    private bool _isDisposed;

    private VhostUserLink(string? path, int connected, int mtuBytes, Action<string> report)
    {
        Description = path is null
            ? $"vhost-user descriptor {connected}" : $"vhost-user {path}";
        _mtuBytes = mtuBytes;
        _report = report;
        _listener = path is null ? null
            : GuestListener.Bind(
                this, path, Sockets.Stream, MaximumGuests, Accept, report);
        _continue = Epoll.CreateEvent();
        if (_continue < 0)
        {
            _listener?.Dispose();
            throw new LinkException($"{Description} cannot have an event descriptor "
                + $"({SocketPath.Text(-_continue)}); raise the limit (ulimit -n)");
        }

        _connected = connected;
    }

    public override string Description { get; }

    protected override IReadOnlyList<IGuestPort> OpenPorts
    {
        get
        {
            List<IGuestPort> ports = [];
            foreach (VhostUserConnection connection in _connections)
            {
                if (connection.IsPortOpen)
                {
                    ports.Add(connection.Port);
                }
            }

            return ports;
        }
    }

    /// <summary>Frames of one guest at a time.</summary>
    internal TransmitBatch Batch { get; } = new();

    /// <summary>
    /// A frame towards a guest that is not written into its memory directly. One at a time, but
    /// while one of <see cref="Batch"/> is read.
    /// </summary>
    internal byte[] StagingBuffer { get; } = GC.AllocateUninitializedArray<byte>(
        TransmitBatch.FrameBufferBytes, pinned: true);

    /// <summary>Listens on a path; VMMs connect when they like.</summary>
    /// <param name="path">Of the socket; at most 107 bytes.</param>
    /// <param name="mtuBytes">Largest IP packet towards the guests.</param>
    /// <param name="report">Told in a sentence what somebody should know.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static VhostUserLink Listen(string path, int mtuBytes, Action<string> report) =>
        new(path, -1, mtuBytes, report);

    /// <summary>Takes over a socket with a VMM at the other end: one, once.</summary>
    /// <exception cref="LinkException">It is no stream socket.</exception>
    public static VhostUserLink FromDescriptor(
        int descriptor, int mtuBytes, Action<string> report)
    {
        StreamLink.CheckDescriptor(descriptor, Sockets.Stream);
        return new VhostUserLink(null, descriptor, mtuBytes, report);
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _watcher = watcher;
        _receiver = receiver;
        watcher.Watch(_continue, Readiness.Readable, this);
        _listener?.Start(watcher);
        if (_connected >= 0)
        {
            int connected = _connected;
            _connected = -1; // the connection's from here
            Accept(connected, cid: 0, now);
        }
    }

    /// <summary>The next turn, for queues that had more than a turn's share.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        _ = Files.Read(_continue, _count);
        _isContinued = false;
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            _connections[i].Continue(now);
        }
    }

    public override void Flush(Instant now)
    {
        foreach (VhostUserConnection connection in _connections)
        {
            connection.Flush();
        }

        _listener?.Flush(now);
    }

    public override void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        foreach (VhostUserConnection connection in _connections)
        {
            connection.Dispose();
        }

        _connections.Clear();
        _listener?.Dispose();
        if (_connected >= 0)
        {
            Files.Close(_connected);
        }

        _watcher?.Unwatch(_continue);
        Files.Close(_continue);
    }

    /// <summary>Has <see cref="OnReady"/> called in the next turn.</summary>
    internal void ContinueNextTurn()
    {
        if (!_isContinued)
        {
            _isContinued = true;
            Epoll.Signal(_continue);
        }
    }

    /// <summary>
    /// Tells people; not the same twice on end, as a VMM that is refused tries again.
    /// </summary>
    internal void Report(string message)
    {
        if (message != _lastReport)
        {
            _lastReport = message;
            _report(message);
        }
    }

    /// <summary>Says once what the engine's life then depends on.</summary>
    internal void ReportTrust()
    {
        if (!_isTrustReported)
        {
            _isTrustReported = true;
            _report($"{Description}: a VMM shares its guest's memory as a file without "
                + "F_SEAL_SHRINK; it is trusted not to shorten it, which would end the engine");
        }
    }

    /// <summary>The VMM has gone, or was sent away.</summary>
    /// <param name="mistake">What it did wrong; null when it just left.</param>
    internal void OnClosed(VhostUserConnection connection, string? mistake, Instant now)
    {
        _connections.Remove(connection);
        if (mistake is not null)
        {
            Report($"{Description}: a VMM {mistake}; it is disconnected");
        }

        if (connection.IsPortOpen)
        {
            _receiver!.OnPortClosed(connection.Port, now);
        }
    }

    private void Accept(int descriptor, uint cid, Instant now)
    {
        if (_connections.Count == MaximumGuests)
        {
            Files.Close(descriptor);
            Report($"{Description} has {MaximumGuests} guests and takes no more");
            return;
        }

        VhostUserConnection connection =
            new(this, descriptor, _mtuBytes, _watcher!, _receiver!);
        _connections.Add(connection);
        connection.Open();
    }
}
