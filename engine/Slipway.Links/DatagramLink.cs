using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// Guests on a Unix datagram socket, a frame a datagram: what vfkit and QEMU's -netdev dgram speak.
/// </summary>
/// <remarks>
/// Theory of operation. There are no connections: a guest is known by the address that its own
/// socket is bound to, is a port from its first datagram on (vfkit's is the greeting "VFKT"), and
/// has left when the kernel refuses to deliver to that address. A full queue of the guest cannot be
/// watched from here (unix_dgram_poll knows of connected peers only), so a frame that it did not
/// take is tried again each turn and by a timer (<see cref="RetryTimer"/>).
/// </remarks>
public sealed partial class DatagramLink : GuestLink, IReadinessOwner
{
    /// <summary>Guests at a time; the one that was silent longest makes room.</summary>
    public const int MaximumGuests = 64;

    /// <summary>
    /// Frames read in one turn, so that host sockets and other links have their share.
    /// </summary>
    private const int FramesPerTurn = 64;

    private const int SendBufferBytes = 1 << 20;
    private const int ReceiveBufferBytes = 4 << 20;

    private readonly List<DatagramPort> _ports = new(MaximumGuests);
    private readonly UnixSocketFile? _path;
    private readonly int _descriptor;
    private readonly int _mtuBytes;
    private readonly Action<string> _report;
    private readonly RetryTimer _retry;

    // One byte more than a frame may have: a longer one is cut, and still seen to be too long.
    private readonly byte[] _received =
        GC.AllocateUninitializedArray<byte>(FrameLimits.LargestBytes + 1, pinned: true);

    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;

    // The port of the last datagram: a burst comes from one guest.
    private DatagramPort? _last;
    private bool _unboundReported;
    private bool _isOpen = true;

    private DatagramLink(
        string description, UnixSocketFile? path, int descriptor, int mtuBytes,
        Action<string> report)
    {
        Description = description;
        _path = path;
        _descriptor = descriptor;
        _mtuBytes = mtuBytes;
        _report = report;
        _retry = new RetryTimer(this);
        _ = SocketOptions.Set(
            descriptor, SocketOptions.LevelSocket, SocketOptions.SendBuffer, SendBufferBytes);
        _ = SocketOptions.Set(
            descriptor, SocketOptions.LevelSocket, SocketOptions.ReceiveBuffer, ReceiveBufferBytes);
    }

    public override string Description { get; }

    protected override IReadOnlyList<IGuestPort> OpenPorts => _ports;

    /// <summary>The descriptor is one guest's, and its socket has no address.</summary>
    private bool IsConnected => _path is null;

    /// <summary>Receives at a path; guests come when they like.</summary>
    /// <param name="path">Of the socket; at most 107 bytes.</param>
    /// <param name="mtuBytes">Largest IP packet towards the guests.</param>
    /// <param name="report">Told in a sentence what somebody should know.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static DatagramLink Listen(string path, int mtuBytes, Action<string> report)
    {
        UnixSocketFile bound = SocketPath.Bind(path, Sockets.Datagram, out int descriptor);
        try
        {
            return new DatagramLink($"dgram {path}", bound, descriptor, mtuBytes, report);
        }
        catch
        {
            bound.Remove();
            Files.Close(descriptor);
            throw;
        }
    }

    /// <summary>Takes over a connected datagram socket: one guest.</summary>
    /// <exception cref="LinkException">It is no datagram socket.</exception>
    public static DatagramLink FromDescriptor(int descriptor, int mtuBytes, Action<string> report)
    {
        int type = SocketOptions.Get(
            descriptor, SocketOptions.LevelSocket, SocketOptions.Type);
        if (type != Sockets.Datagram || Files.SetNonBlocking(descriptor) < 0)
        {
            throw new LinkException("it is not a connected datagram socket; "
                + "pass one end of socketpair(AF_UNIX, SOCK_DGRAM)");
        }

        return new DatagramLink(
            $"dgram descriptor {descriptor}", null, descriptor, mtuBytes, report);
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _watcher = watcher;
        _receiver = receiver;
        watcher.Watch(_descriptor, Readiness.Readable, this);
        _retry.Start(watcher);
        if (IsConnected)
        {
            AddPort(address: default, now);
        }
    }

    public override void Flush(Instant now)
    {
        for (int i = _ports.Count - 1; i >= 0; i--)
        {
            DatagramPort port = _ports[i];
            if (port.IsWaiting && port.TrySendWaiting())
            {
                _retry.Reset();
                _receiver!.OnPortWritable(port, now);
            }

            if (port.IsGone)
            {
                ClosePort(port, now);
            }
        }

        // Kept in mind by the ports: the receiver may have filled one again just now.
        foreach (DatagramPort port in _ports)
        {
            if (port.IsWaiting)
            {
                _retry.Arm();
                return;
            }
        }
    }

    public override void Dispose()
    {
        if (_isOpen)
        {
            Shut();
        }
    }

    /// <summary>Sends one frame. Its length, or a negated errno.</summary>
    internal int Send(DatagramPort port, ReadOnlySpan<byte> frame) => IsConnected
        ? Sockets.Send(_descriptor, frame) : Sockets.SendTo(_descriptor, frame, port.Address);

    private void ClosePort(DatagramPort port, Instant now)
    {
        _ports.Remove(port);
        _last = null;
        port.Close();
        _receiver!.OnPortClosed(port, now);
        if (IsConnected)
        {
            _report($"{Description} is gone: its guest has left and cannot come again");
            Shut();
        }
    }

    private void Shut()
    {
        _isOpen = false;
        _retry.Dispose();
        _watcher?.Unwatch(_descriptor);
        Files.Close(_descriptor);
        _path?.Remove();
        foreach (DatagramPort port in _ports)
        {
            port.Close();
        }

        _ports.Clear();
    }
}
