using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>Captures, and the ring of the last frames.</summary>
public sealed partial class NetworkEngine
{
    /// <summary>Each costs a worker a copy of every frame.</summary>
    private const int MostCaptures = 8;

    private readonly Lock _capturesLock = new();
    private readonly List<ICaptureSink> _sinks = [];
    private FrameCapture? _capture;
    private CaptureRing? _ring;

    /// <summary>What is kept of the last frames; null for nothing.</summary>
    public CaptureRing? Ring => Volatile.Read(ref _ring);

    /// <summary>The links by their numbers, as captures call them.</summary>
    public IReadOnlyList<LinkName> ListLinks() => [.. _keeper.Numbers.All.Select(
        number => new LinkName(number, _keeper.Numbers.NameOf(number)))];

    /// <summary>Writes all frames of guests from now on to a descriptor, as pcapng.</summary>
    /// <param name="descriptor">The capture's, if this returns one.</param>
    /// <param name="snapLengthBytes">Of each frame at most; 0 for all.</param>
    /// <returns>Null when there is such a capture already.</returns>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public FrameCapture? StartCapture(int descriptor, int snapLengthBytes)
    {
        lock (_capturesLock)
        {
            if (_capture is not null)
            {
                return null;
            }

            RefuseUnlessOutside();
            _capture = new FrameCapture(
                descriptor, MakeBuffer(new CaptureSettings { SnapLengthBytes = snapLengthBytes }));
            Add(_capture);
            return _capture;
        }
    }

    /// <summary>Ends a capture, whose descriptor is then closed.</summary>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public void StopCapture(FrameCapture capture)
    {
        lock (_capturesLock)
        {
            _capture = _capture == capture ? null : _capture;
            Remove(capture);
        }

        capture.Dispose();
    }

    /// <summary>Captures for somebody who takes it from the buffer.</summary>
    /// <returns>Null when there are as many captures as may be.</returns>
    public CaptureBuffer? StartCapture(CaptureSettings settings)
    {
        lock (_capturesLock)
        {
            RefuseUnlessOutside();
            if (_sinks.Count >= MostCaptures)
            {
                return null;
            }

            CaptureBuffer buffer = MakeBuffer(settings);
            Add(buffer);
            return buffer;
        }
    }

    /// <summary>Ends it, and gives up what nobody has taken.</summary>
    public void StopCapture(CaptureBuffer buffer)
    {
        lock (_capturesLock)
        {
            Remove(buffer);
        }

        buffer.Dispose();
    }

    /// <summary>Keeps the last frames from now on, in the place of what was kept.</summary>
    /// <param name="sizeBytes">From <see cref="CaptureRing.SmallestBytes"/> to
    /// <see cref="CaptureRing.LargestBytes"/>.</param>
    /// <param name="snapLengthBytes">Of each frame at most; 0 for all.</param>
    public CaptureRing StartRing(int sizeBytes, int snapLengthBytes)
    {
        lock (_capturesLock)
        {
            RefuseUnlessOutside();
            CaptureRing ring = new(
                sizeBytes, new CaptureSettings { SnapLengthBytes = snapLengthBytes },
                _keeper.Numbers.NameOf);
            if (_ring is not null)
            {
                _sinks.Remove(_ring);
            }

            _ring = ring;
            Add(ring);
            return ring;
        }
    }

    /// <summary>Forgets the last frames; false when none were kept.</summary>
    public bool StopRing()
    {
        lock (_capturesLock)
        {
            if (_ring is null)
            {
                return false;
            }

            Remove(_ring);
            _ring = null;
            return true;
        }
    }

    // Before anything is made that would have to be undone.
    private void RefuseUnlessOutside()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (IsInTurn)
        {
            throw new InvalidOperationException("this waits for the end of the turn it is in");
        }
    }

    // The readers of captures are to come to an end with the engine.
    private void EndCaptures()
    {
        lock (_capturesLock)
        {
            foreach (ICaptureSink sink in _sinks)
            {
                (sink as CaptureBuffer)?.End();
            }
        }

        _capture?.Dispose();
    }

    private CaptureBuffer MakeBuffer(CaptureSettings settings) =>
        new(settings, _keeper.Numbers.All, _keeper.Numbers.NameOf);

    private void Add(ICaptureSink sink)
    {
        _sinks.Add(sink);
        Tap();
    }

    private void Remove(ICaptureSink sink)
    {
        if (_sinks.Remove(sink) && !_isDisposed)
        {
            Tap();
        }
    }

    // A tap for each worker, between two of its turns.
    private void Tap()
    {
        ICaptureSink[] sinks = [.. _sinks];
        IFrameCapture? MakeTap(Worker worker) => sinks.Length == 0 ? null
            : new FrameTap(worker.Counters, _keeper.Numbers.Of, sinks);
        Invoke(_ => _keeper.Stack.Flows.Capture = MakeTap(_keeper));
        foreach (ShardWorker shard in _shards)
        {
            shard.PostCapture(MakeTap(shard));
        }
    }
}
