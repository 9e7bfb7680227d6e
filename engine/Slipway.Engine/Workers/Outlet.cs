using Slipway.Links;

namespace Slipway.Engine;

/// <summary>
/// A worker's way to another: a ring for each guest that it has something of, and a knock at the
/// end of the turn.
/// </summary>
internal sealed class Outlet(Worker target, Inlet inlet)
{
    private readonly Dictionary<int, FrameRing> _rings = [];
    private FrameRing? _last;
    private int _lastPort;

    /// <summary>The target has something to look at since the last knock.</summary>
    public bool HasNews { get; set; }

    /// <summary>The ring for what is of a port, opened when there is none.</summary>
    public FrameRing RingOf(int port)
    {
        if (_last is not null && _lastPort == port)
        {
            return _last;
        }

        if (!_rings.TryGetValue(port, out FrameRing? ring))
        {
            _rings.Add(port, ring = inlet.Open(port));
        }

        _lastPort = port;
        return _last = ring;
    }

    /// <summary>The port has gone.</summary>
    public void Close(int port)
    {
        _last = null;
        if (_rings.Remove(port))
        {
            inlet.Close(port);
        }
    }

    public void Knock()
    {
        if (HasNews)
        {
            HasNews = false;
            target.Knock();
        }
    }
}
