using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// One guest whose frames come and go by calls: from any thread into a ring, and at the end of a
/// turn to a sink on the engine's thread.
/// </summary>
/// <remarks>
/// A full ring in either direction is said and nothing is lost by it: <see cref="TryInput"/> takes
/// no more until there is room, and a sink that took less than it was offered is offered the rest
/// when it says that it can.
/// </remarks>
public sealed class FrameLink : GuestLink, IPluggable
{
    private const int HeaderBytes = VirtioNetHeader.MergedLengthBytes;
    private const int FramesPerCall = 64;

    private readonly RingLink _ring;
    private readonly SharedRingWriter _input;
    private readonly SharedRingReader _output;
    private readonly Lock _inputLock = new();
    private readonly IFrameSink _sink;
    private readonly OutboundFrame[] _frames = new OutboundFrame[FramesPerCall];
    private readonly ulong[] _ends = new ulong[FramesPerCall];
    private int _isHeld;
    private bool _isDisposed;

    private FrameLink(RingLink ring, IFrameSink sink)
    {
        _ring = ring;
        _input = ring.Memory.WriterToEngine();
        _output = ring.Memory.ReaderToGuest();
        _sink = sink;
    }

    public override string Description => "frames";

    /// <summary>Frames pass.</summary>
    public bool IsUp => _ring.IsUp;

    /// <summary>Never: both sides of its rings are this program's.</summary>
    public bool IsFaulty => _ring.IsFaulty;

    protected override IReadOnlyList<IGuestPort> OpenPorts => _ring.PortsOpen;

    /// <summary>Makes a link; nothing is taken before it is started.</summary>
    /// <inheritdoc cref="RingLink.Create"/>
    public static FrameLink Create(
        int ringBytes, int mtuBytes, Offloads offloads, IFrameSink sink, Action<string> report) =>
        new(RingLink.Create(ringBytes, isShared: false, mtuBytes, offloads, report), sink);

    /// <summary>Gives the engine a frame of the guest; from any thread.</summary>
    /// <param name="header">
    /// struct virtio_net_hdr: 10 or 12 bytes; or none, and then the frame is one packet with its
    /// checksum.
    /// </param>
    /// <param name="write">Writes the frame.</param>
    /// <param name="lengthBytes">Of it, up to 65,553.</param>
    /// <param name="state">For <paramref name="write"/>.</param>
    /// <returns>False when there is no room now.</returns>
    public bool TryInput<TState>(
        ReadOnlySpan<byte> header, int lengthBytes, TState state,
        System.Buffers.SpanAction<byte, TState> write)
    {
        lock (_inputLock)
        {
            Span<byte> room = _isDisposed ? default : _input.Reserve(HeaderBytes + lengthBytes);
            if (room.IsEmpty)
            {
                return false;
            }

            room[..HeaderBytes].Clear();
            header.CopyTo(room);
            write(room[HeaderBytes..], state);
            _input.Commit(HeaderBytes + lengthBytes);
            return true;
        }
    }

    /// <summary>Has the engine look at what was given; from any thread.</summary>
    public void Wake()
    {
        lock (_inputLock)
        {
            if (!_isDisposed && _input.Publish())
            {
                Epoll.Signal(_ring.Doorbell);
            }
        }
    }

    /// <summary>The sink has room again; from any thread.</summary>
    public void Resume()
    {
        lock (_inputLock)
        {
            if (!_isDisposed && Interlocked.Exchange(ref _isHeld, 0) != 0)
            {
                Epoll.Signal(_ring.Doorbell);
            }
        }
    }

    /// <summary>The guest comes or goes; on the worker.</summary>
    public void SetUp(bool isUp, Instant now) => _ring.SetUp(isUp, now);

    public override void Start(IDescriptorWatcher watcher, IFrameReceiver receiver, Instant now) =>
        _ring.Start(watcher, receiver, now);

    public override void Flush(Instant now)
    {
        _ring.Flush(now);
        Deliver();
    }

    public override void Dispose()
    {
        lock (_inputLock)
        {
            _isDisposed = true;
            _ring.Dispose();
        }
    }

    private void Deliver()
    {
        bool isTaken = true;
        while (isTaken && IsUp && !_isDisposed && Volatile.Read(ref _isHeld) == 0)
        {
            int count = 0;
            ulong first = _output.Position;
            while (count < FramesPerCall && _output.TryPeek(out BufferSegment record))
            {
                _frames[count] = ToFrame(record);
                _output.Release();
                _ends[count++] = _output.Position;
            }

            if (count == 0)
            {
                return;
            }

            // Said before the call: a resumption from within it, or beside it, is not lost. It
            // rings, so what was not taken is offered in the next turn and not for ever in this.
            Volatile.Write(ref _isHeld, 1);
            int taken = Math.Clamp(_sink.Take(_frames.AsSpan(0, count)), 0, count);
            isTaken = taken == count;
            if (isTaken)
            {
                Volatile.Write(ref _isHeld, 0);
            }

            if (!_isDisposed)
            {
                // What was not taken is the next to be offered.
                _output.Position = taken == 0 ? first : _ends[taken - 1];
                if (_output.Publish())
                {
                    Epoll.Signal(_ring.Doorbell);
                }
            }
        }
    }

    private static unsafe OutboundFrame ToFrame(BufferSegment record) =>
        new(record.First, (uint)(record.LengthBytes - HeaderBytes));
}
