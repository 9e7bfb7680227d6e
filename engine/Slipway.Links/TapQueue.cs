using System.ComponentModel;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// One queue of a TAP, for one worker. The kernel gives a flow's frames to the queue by which
/// something was last sent for it (Documentation/networking/tuntap.rst, "Multiqueue").
/// </summary>
/// <remarks>
/// One frame a read or write; the device takes what is written at once or drops it as a network
/// card would, so the port is never full. A queue that only writes shares the descriptor of one
/// that reads: the kernel takes frames from several threads.
/// </remarks>
public sealed class TapQueue : IGuestPort, IReadinessOwner, IDisposable
{
    /// <summary>
    /// Read in one turn, so that host sockets and other links have their share: eight of the
    /// largest frames, or 64 small ones.
    /// </summary>
    private const int BatchBytes = 9 << 16;

    private readonly int _descriptor;
    private readonly int _headerBytes;
    private readonly FrameBatch? _received;
    private readonly byte[] _sent;
    private int _reservedBytes;
    private LookAhead _lookAhead;
    private bool _isClosed;
    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;

    internal TapQueue(
        int id, int descriptor, bool reads, int headerBytes, Offloads offloads,
        int maxFrameLengthBytes)
    {
        Id = id;
        Offloads = offloads;
        MaxFrameLengthBytes = maxFrameLengthBytes;
        _descriptor = descriptor;
        _headerBytes = headerBytes;
        int largestBytes = Math.Max(
            headerBytes + IGuestPort.LargestSegmentedBytes, maxFrameLengthBytes);
        _received = reads ? new FrameBatch(BatchBytes, largestBytes) : null;
        _sent = GC.AllocateUninitializedArray<byte>(largestBytes, pinned: true);
    }

    /// <summary>That of the device: its queues are one port to the switch.</summary>
    public int Id { get; }

    public int MaxFrameLengthBytes { get; }

    public Offloads Offloads { get; }

    public Span<byte> Reserved => _sent.AsSpan(_headerBytes, _reservedBytes);

    /// <summary>The device has gone; told once, in the turn, with the reason.</summary>
    internal Action<string, Instant>? OnDead { get; set; }

    private bool IsOpen => _receiver is not null && !_isClosed;

    private int LargestFrameBytes => (Offloads & Offloads.TcpSegments4) != 0
        ? IGuestPort.LargestSegmentedBytes : MaxFrameLengthBytes;

    /// <summary>Begins to read, on the worker whose queue it is.</summary>
    public void Start(IDescriptorWatcher watcher, IFrameReceiver receiver)
    {
        _receiver = receiver;
        if (_received is not null && IsOpen)
        {
            _watcher = watcher;
            watcher.Watch(_descriptor, Readiness.Readable, this);
        }
    }

    public void OnReady(Readiness readiness, Instant now)
    {
        FrameBatch received = _received!;
        received.Clear();
        int error = 0;
        int most = _receiver!.FramesAtOnce(this, now);
        while (received.Count < most && received.Room is { IsEmpty: false } room)
        {
            int length = Files.Read(_descriptor, room);
            if (length <= 0)
            {
                error = length;
                _lookAhead.NoteFound(received.Count);
                break;
            }

            Note(room[..length]);
            if (received.Count == 1 && _lookAhead.IsLeftOut())
            {
                break;
            }
        }

        if (received.Count > 0)
        {
            _receiver!.OnFrames(this, received, now);
        }

        // EIO: the interface is down, which comes and goes. EBADFD: it has been deleted, with
        // its namespace or by hand, and the descriptor is good for nothing any more.
        if (IsOpen && error is not (0 or -Errno.EAGAIN or -Errno.EINTR or -Errno.EIO))
        {
            Dispose();
            OnDead?.Invoke(new Win32Exception(-error).Message, now);
        }
    }

    public Span<byte> Reserve(int lengthBytes)
    {
        _reservedBytes = IsOpen && lengthBytes <= LargestFrameBytes ? lengthBytes : 0;
        return Reserved;
    }

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        _reservedBytes = 0;
        int writtenBytes = _headerBytes + lengthBytes;
        if (_headerBytes > 0)
        {
            VirtioNetHeader.Write(_sent, offload);
        }

        return Files.Write(_descriptor, _sent.AsSpan(0, writtenBytes)) == writtenBytes;
    }

    /// <summary>
    /// Closing lets the kernel take down the device, and a namespace that it kept. More than once.
    /// </summary>
    public void Dispose()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _watcher?.Unwatch(_descriptor);
            Files.Close(_descriptor);
        }
    }

    private void Note(ReadOnlySpan<byte> received)
    {
        int length = Math.Max(received.Length - _headerBytes, 0);
        FrameOffload offload = default;
        if (_headerBytes > 0 && !VirtioNetHeader.TryRead(received, length, out offload))
        {
            length = 0; // counted as malformed: what it lacks cannot be told
        }

        _received!.Add(_headerBytes, length, offload);
    }
}
