using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>A worker's side of all captures: gives them frames when their fate is known.</summary>
/// <remarks>
/// Theory of operation. What became of a guest's frame is known when it has been dealt with, and
/// the frames that answer it have gone out by then. So all of them are copied one behind the other,
/// and given to the sinks in this order at the end. What was counted last meanwhile is why the
/// frame was not served. A frame whose text goes to the host later, together with that of others,
/// is given before.
/// </remarks>
public sealed class FrameTap : IFrameCapture
{
    /// <summary>Some frames of the largest kind: what one from a guest can bring about.</summary>
    private const int StageBytes = 512 << 10;

    private const int MostPorts = 256;

    private readonly Counters _counters;
    private readonly Func<IGuestPort, int> _linkOf;
    private readonly ICaptureSink[] _sinks;
    private readonly byte[] _stage = new byte[StageBytes];
    private readonly List<Staged> _staged = [];
    private readonly Dictionary<int, int> _links = [];
    private int _usedBytes;
    private bool _isOpen;

    /// <param name="counters">The worker's.</param>
    /// <param name="linkOf">The number of a port's link.</param>
    /// <param name="sinks">Who is given frames.</param>
    public FrameTap(Counters counters, Func<IGuestPort, int> linkOf, ICaptureSink[] sinks)
    {
        _counters = counters;
        _linkOf = linkOf;
        _sinks = sinks;
    }

    public void Begin(IGuestPort port, ReadOnlySpan<byte> frame)
    {
        GiveAll();
        Stage(port, isFromGuest: true, frame);
        _isOpen = true;
        _ = _counters.TakeLoss();
    }

    public void End()
    {
        if (_isOpen)
        {
            _staged[0] = _staged[0] with { Loss = _counters.TakeLoss() };
        }

        GiveAll();
    }

    public void Send(IGuestPort port, ReadOnlySpan<byte> frame)
    {
        if (!_isOpen || _usedBytes + frame.Length > StageBytes)
        {
            GiveAll();
        }

        Stage(port, isFromGuest: false, frame);
    }

    public void Sent(bool isTaken)
    {
        if (!isTaken)
        {
            // Counted against this frame, not against the one that brought it about.
            _staged[^1] = _staged[^1] with { Loss = _counters.TakeLoss() };
        }

        if (!_isOpen)
        {
            GiveAll();
        }
    }

    private void GiveAll()
    {
        foreach (Staged one in _staged)
        {
            CapturedFrame frame = new()
            {
                Link = one.Link,
                IsFromGuest = one.IsFromGuest,
                Nanoseconds = one.Nanoseconds,
                Loss = one.Loss,
                Bytes = _stage.AsSpan(one.OffsetBytes, one.LengthBytes),
            };
            foreach (ICaptureSink sink in _sinks)
            {
                sink.Take(frame);
            }
        }

        _staged.Clear();
        _usedBytes = 0;
        _isOpen = false;
    }

    private void Stage(IGuestPort port, bool isFromGuest, ReadOnlySpan<byte> frame)
    {
        frame.CopyTo(_stage.AsSpan(_usedBytes));
        _staged.Add(new Staged(
            LinkOf(port), isFromGuest, TimeSpecification.RealtimeNanoseconds(), default,
            frame.Length, _usedBytes));
        _usedBytes += frame.Length;
    }

    private int LinkOf(IGuestPort port)
    {
        if (_links.TryGetValue(port.Id, out int link))
        {
            return link;
        }

        if (_links.Count == MostPorts)
        {
            _links.Clear();
        }

        link = _linkOf(port);
        _links.Add(port.Id, link);
        return link;
    }

    private readonly record struct Staged(
        int Link, bool IsFromGuest, long Nanoseconds, FrameLoss Loss, int LengthBytes,
        int OffsetBytes);
}
