using Slipway.Links;

namespace Slipway.Engine;

/// <summary>A worker's way to another: a ring, and a knock at the end of the turn.</summary>
internal sealed class Outlet(Worker target)
{
    /// <summary>Sixteen of the largest frames.</summary>
    private const int RingBytes = 1 << 20;

    public FrameRing Ring { get; } = new(RingBytes);

    /// <summary>The target has something to look at since the last knock.</summary>
    public bool HasNews { get; set; }

    public void Knock()
    {
        if (HasNews)
        {
            HasNews = false;
            target.Knock();
        }
    }
}
