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
public sealed class StreamLink : GuestLink, IReadinessOwner
{
    /// <summary>Guests at a time.</summary>
    public const int MaximumGuests = 64;

    /// <summary>
    /// One read fills at most this, in bytes; a turn reads once from each guest, so that no guest
    /// keeps the others waiting. It holds four of the largest frames.
    /// </summary>
    private const int ReceiveBufferBytes = 256 * 1024;

    /// <summary>
    /// How long the listener rests when the host has no descriptors to accept with.
    /// </summary>
    private static readonly Duration AcceptPause = Duration.FromSeconds(1);

    private readonly List<StreamPort> _ports = new(MaximumGuests);
    private readonly SocketPath? _path;
    private readonly int _mtuBytes;
    private readonly Action<string> _report;
    private readonly RetryTimer? _acceptTimer;
    private readonly byte[] _received =
        GC.AllocateUninitializedArray<byte>(ReceiveBufferBytes, pinned: true);

    // Either listens, or had one guest from the start: then it is -1.
    private readonly int _listener;
    private int _connected;

    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;
    private Instant _acceptAgain = Instant.Never;
    private bool _fullReported;
    private bool _shortageReported;

    private StreamLink(
        string description, SocketPath? path, int listener, int connected, int mtuBytes,
        Action<string> report)
    {
        Description = description;
        _path = path;
        _listener = listener;
        _connected = connected;
        _mtuBytes = mtuBytes;
        _report = report;
        _acceptTimer = listener >= 0 ? new RetryTimer(this, AcceptPause.Nanoseconds) : null;
    }

    public override string Description { get; }

    /// <summary>Listens on a path; guests connect when they like.</summary>
    /// <param name="path">Of the socket; at most 107 bytes.</param>
    /// <param name="mtuBytes">Largest IP packet towards the guests.</param>
    /// <param name="report">Told in a sentence what somebody should know.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static StreamLink Listen(string path, int mtuBytes, Action<string> report)
    {
        SocketPath bound = SocketPath.Bind(path, Sockets.Stream, out int listener);
        int result = Sockets.Listen(listener, MaximumGuests);
        if (result < 0)
        {
            bound.Remove();
            Files.Close(listener);
            throw new LinkException(
                $"cannot listen on {path} ({SocketPath.Text(-result)}); choose another path");
        }

        return new StreamLink($"stream {path}", bound, listener, -1, mtuBytes, report);
    }

    /// <summary>Takes over a connected stream socket: one guest, which cannot come again.</summary>
    /// <exception cref="LinkException">It is no stream socket.</exception>
    public static StreamLink FromDescriptor(int descriptor, int mtuBytes, Action<string> report)
    {
        int type = SocketOptions.Get(
            descriptor, SocketOptions.LevelSocket, SocketOptions.Type);
        if (type != Sockets.Stream || Files.SetNonBlocking(descriptor) < 0)
        {
            throw new LinkException($"descriptor {descriptor} is not a connected stream socket; "
                + "pass one end of socketpair(AF_UNIX, SOCK_STREAM)");
        }

        return new StreamLink(
            $"stream descriptor {descriptor}", null, -1, descriptor, mtuBytes, report);
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
            watcher.Watch(_listener, Readiness.Readable, this);
            _acceptTimer!.Start(watcher);
        }
    }

    /// <summary>Somebody connects.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        int accepted;
        while ((accepted = Sockets.Accept(_listener, default)) >= 0)
        {
            if (_ports.Count < MaximumGuests)
            {
                AddPort(accepted, now);
                continue;
            }

            Files.Close(accepted);
            if (!_fullReported)
            {
                _fullReported = true;
                _report($"{Description} has {MaximumGuests} guests and takes no more");
            }
        }

        if (-accepted is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
        {
            // The connection stays in the backlog and would end every wait at once.
            _watcher!.Unwatch(_listener);
            _acceptAgain = now + AcceptPause;
            _acceptTimer!.Arm();
            if (!_shortageReported)
            {
                _shortageReported = true;
                _report($"{Description} cannot take a guest ({SocketPath.Text(-accepted)}); "
                    + "raise the limit (ulimit -n)");
            }
        }
        else
        {
            _shortageReported = false;
        }
    }

    public override void Flush(Instant now)
    {
        for (int i = _ports.Count - 1; i >= 0; i--)
        {
            _ports[i].Flush(now);
        }

        if (now >= _acceptAgain)
        {
            _acceptAgain = Instant.Never;
            _watcher!.Watch(_listener, Readiness.Readable, this);
        }
    }

    public override void Dispose()
    {
        foreach (StreamPort port in _ports)
        {
            port.Dispose();
        }

        _ports.Clear();
        _acceptTimer?.Dispose();
        _path?.Remove();
        if (_listener >= 0)
        {
            _watcher?.Unwatch(_listener);
            Files.Close(_listener);
        }

        if (_connected >= 0)
        {
            Files.Close(_connected);
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
        else if (_listener < 0)
        {
            _report($"{Description} is gone: its guest has left and cannot come again");
        }

        _receiver!.OnPortClosed(port, now);
    }

    private void AddPort(int descriptor, Instant now)
    {
        StreamPort port = new(this, descriptor, _mtuBytes, _watcher!, _receiver!);
        _ports.Add(port);
        port.Open(now);
    }
}
