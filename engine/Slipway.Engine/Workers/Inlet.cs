using Slipway.Links;

namespace Slipway.Engine;

/// <summary>
/// What comes to a worker from another: a ring for each guest, so that one that floods fills its
/// own, and each has its share of a turn. The other one opens and closes them.
/// </summary>
internal sealed class Inlet(int worker)
{
    /// <summary>Eight of the largest frames; made when a guest has the first of them.</summary>
    private const int RingBytes = 512 << 10;

    private readonly Lock _lock = new();
    private volatile Lane[] _lanes = [];

    /// <summary>The one it comes from.</summary>
    public int Worker { get; } = worker;

    /// <summary>As they are now; from either side.</summary>
    public Lane[] Lanes => _lanes;

    public bool IsEmpty
    {
        get
        {
            foreach (Lane lane in _lanes)
            {
                if (!lane.Ring.IsEmpty)
                {
                    return false;
                }
            }

            return true;
        }
    }

    public FrameRing Open(int port)
    {
        FrameRing ring = new(RingBytes);
        lock (_lock)
        {
            _lanes = [.. _lanes, new Lane(port, ring)];
        }

        return ring;
    }

    /// <summary>What is in it is not read any more.</summary>
    public void Close(int port)
    {
        lock (_lock)
        {
            _lanes = Array.FindAll(_lanes, lane => lane.Port != port);
        }
    }

    /// <summary>A port's ring.</summary>
    public readonly record struct Lane(int Port, FrameRing Ring);
}
