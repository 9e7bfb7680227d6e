using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// One guest behind a pair of rings in memory that is shared with another thread or process
/// (<see cref="SharedRingLayout"/>). Frames have a struct virtio_net_hdr before them, as on a
/// virtqueue, and the offloads that it stands for.
/// </summary>
/// <remarks>
/// Theory of operation. Each side has one doorbell, which tells it of records and of room alike; it
/// is rung only when its owner has said that it waits. The engine's is an eventfd, watched and
/// never read; the other side's is one end of a socket pair, since who shares an eventfd can make
/// a write to it wait, by its flags and a full counter. Records to the engine are
/// looked at as the buffers of a virtqueue are (<see cref="TransmitBatch"/>): copied before they
/// are read, or left where they are where nobody looks. The other side is not trusted, and a ring
/// whose positions or records cannot be is taken no further.
/// </remarks>
public sealed class RingLink : GuestLink, IPluggable, IReadinessOwner
{
    /// <summary>Frames taken in one turn, so that others have their share.</summary>
    private const int FramesPerTurn = 64;

    private const int HeaderBytes = VirtioNetHeader.MergedLengthBytes;

    // As an eventfd gives it to its reader: 1, in this machine's byte order.
    private static readonly byte[] s_ring = BitConverter.GetBytes(1ul);

    private readonly SharedRingMemory _memory;
    private readonly SharedRingReader _reader;
    private readonly SharedRingWriter _writer;
    private readonly TransmitBatch _batch = new();
    private readonly Action<string> _report;
    private readonly int _mtuBytes;
    private readonly Offloads _offloads;

    private IDescriptorWatcher? _watcher;
    private IFrameReceiver? _receiver;
    private RingPort? _port;
    private int _doorbell;
    private int _guestDoorbell;
    private int _guestBell;
    private bool _isFaultReported;

    private RingLink(
        SharedRingMemory memory, int doorbell, (int Far, int Near) guest, int mtuBytes,
        Offloads offloads, Action<string> report)
    {
        _memory = memory;
        _reader = memory.ReaderToEngine();
        _writer = memory.WriterToGuest();
        _doorbell = doorbell;
        (_guestDoorbell, _guestBell) = guest;
        _mtuBytes = mtuBytes;
        _offloads = offloads;
        _report = report;
    }

    public override string Description => "ring";

    /// <summary>The memfd to map, which stays this object's; -1 for private memory.</summary>
    public int MemoryFile => _memory.File;

    /// <summary>The eventfd that the guest's side rings; this object's.</summary>
    public int Doorbell => _doorbell;

    /// <summary>
    /// Readable once this side has rung, and at an end when it has gone; this object's. -1 for
    /// private memory.
    /// </summary>
    public int GuestDoorbell => _guestDoorbell;

    /// <summary>The guest's side broke the ring's rules, and is served no more.</summary>
    public bool IsFaulty => _reader.IsFaulty || _writer.IsFaulty;

    /// <summary>Frames pass.</summary>
    public bool IsUp { get; private set; } = true;

    internal SharedRingMemory Memory => _memory;

    internal IReadOnlyList<IGuestPort> PortsOpen => _port is null ? [] : [_port];

    protected override IReadOnlyList<IGuestPort> OpenPorts => PortsOpen;

    /// <summary>Makes a ring pair.</summary>
    /// <param name="ringBytes">Of each ring: a power of two from 256 KiB to 64 MiB.</param>
    /// <param name="isShared">In a memfd; else in memory of this process.</param>
    /// <param name="mtuBytes">Largest IP packet towards the guest.</param>
    /// <param name="offloads">What the guest takes over.</param>
    /// <param name="report">Told in a sentence what somebody should know.</param>
    /// <exception cref="LinkException">Says what failed and the remedy.</exception>
    public static RingLink Create(
        int ringBytes, bool isShared, int mtuBytes, Offloads offloads, Action<string> report)
    {
        if (ringBytes is < SharedRingLayout.SmallestRingBytes or > SharedRingLayout.LargestRingBytes
            || (ringBytes & (ringBytes - 1)) != 0)
        {
            throw new LinkException($"a ring of {ringBytes} bytes cannot be; sizes are powers of "
                + $"two from {SharedRingLayout.SmallestRingBytes} to "
                + $"{SharedRingLayout.LargestRingBytes}");
        }

        SharedRingMemory memory = isShared
            ? SharedRingMemory.CreateShared(ringBytes) : SharedRingMemory.CreatePrivate(ringBytes);
        int doorbell = Epoll.CreateEvent();
        int near = -1;
        int far = -1;
        int result = doorbell < 0 || !isShared ? doorbell : Sockets.CreatePair(
            Sockets.FamilyUnix, Sockets.Stream, out near, out far);
        if (result < 0)
        {
            memory.Dispose();
            Close(doorbell);
            throw new LinkException($"cannot make a doorbell ({SocketPath.Text(-result)}); "
                + "raise the limit (ulimit -n)");
        }

        // Before the other side has it: what follows only watches the doorbell anew, which tells of
        // it since nobody reads it away.
        Epoll.Signal(doorbell);
        memory.SetFeatures(VirtioFeatures.Of(offloads));
        return new RingLink(memory, doorbell, (far, near), mtuBytes, offloads, report);
    }

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now)
    {
        _watcher = watcher;
        _receiver = receiver;
        OpenPort(now);
        watcher.WatchSignals(_doorbell, this); // frames may have come before
    }

    /// <summary>The guest comes or goes; on the worker.</summary>
    public void SetUp(bool isUp, Instant now)
    {
        if (isUp == IsUp || _doorbell < 0 || IsFaulty)
        {
            return; // also when it has been detached meanwhile, or stopped for ever
        }

        IsUp = isUp;
        if (isUp)
        {
            OpenPort(now);
            _watcher!.WatchSignals(_doorbell, this);
        }
        else if (_port is RingPort port)
        {
            _port = null;
            _receiver!.OnPortClosed(port, now);
        }
    }

    /// <summary>The guest's side has rung.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        if (_port is { IsRoomWanted: true } port)
        {
            port.IsRoomWanted = false;
            _receiver!.OnPortWritable(port, now);
        }

        if (!Drain(now))
        {
            _watcher!.WatchSignals(_doorbell, this); // goes on in the next turn
        }
    }

    public override void Flush(Instant now)
    {
        PublishToGuest();
        if (IsFaulty && !_isFaultReported)
        {
            _isFaultReported = true;
            _report($"{Description}: a guest's side broke the rules of its ring; it is not served "
                + "any more");
            if (_port is RingPort port)
            {
                IsUp = false;
                _port = null;
                _receiver!.OnPortClosed(port, now);
            }
        }
    }

    public override void Dispose()
    {
        if (_doorbell < 0)
        {
            return;
        }

        // Who still has the port, such as another worker, finds no room there.
        IsUp = false;
        _port = null;
        _writer.Void();
        _watcher?.Unwatch(_doorbell);
        Close(_doorbell);
        Close(_guestDoorbell);
        Close(_guestBell);
        _doorbell = _guestDoorbell = _guestBell = -1;
        _memory.Dispose();
    }

    /// <summary>Lets the guest's side see what was sent, and wakes it if it waits.</summary>
    internal void PublishToGuest()
    {
        if (_doorbell >= 0 && _writer.Publish())
        {
            RingGuest();
        }
    }

    // A bell that is full of rings is heard anyway.
    private void RingGuest()
    {
        if (_guestBell >= 0)
        {
            _ = Sockets.Send(_guestBell, s_ring);
        }
    }

    private void OpenPort(Instant now)
    {
        _port = new RingPort(this, _writer, _mtuBytes, _offloads);
        _receiver!.OnPortOpened(_port, now);
    }

    // Takes a turn's share of records. False when there may be more; else the doorbell is armed.
    private bool Drain(Instant now)
    {
        int budget = FramesPerTurn;
        int most = _port is null ? budget : _receiver!.FramesAtOnce(_port, now);
        bool isEmpty = false;
        while (budget > 0 && !isEmpty)
        {
            while (budget > 0 && _reader.TryPeek(out BufferSegment record))
            {
                if (_batch.Frames.Room.IsEmpty)
                {
                    HandOn(now);
                }

                int length = record.LengthBytes;
                budget = --most > 0 ? budget - TransmitBatch.CostOf(length) : 0;
                _reader.Release();
                if (IsUp)
                {
                    bool isFrame = length is >= HeaderBytes and <= TransmitBatch.FrameBufferBytes;
                    _batch.Add([record], HeaderBytes, isFrame ? length - HeaderBytes : -1);
                }
            }

            isEmpty = budget > 0 && _reader.TryArm();
        }

        HandOn(now);
        return isEmpty;
    }

    // The room is given back when nobody looks there any more.
    private void HandOn(Instant now)
    {
        if (_batch.Frames.Count > 0)
        {
            if (_port is RingPort port)
            {
                _receiver!.OnFrames(port, _batch.Frames, now);
            }

            _batch.Clear();
        }

        if (_reader.Publish())
        {
            RingGuest();
        }
    }

    private static void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }
    }
}
