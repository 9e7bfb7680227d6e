namespace Slipway.Stack;

/// <summary>
/// Congestion control towards the guest: slow start, congestion avoidance and halving on loss (RFC
/// 5681), an initial window of ten segments (RFC 6928). The guest is one hop away, so nothing is
/// paced; the window matters where the link itself loses.
/// </summary>
internal struct CongestionWindow
{
    /// <summary>No path to a guest holds more; keeps the arithmetic in 32 bits.</summary>
    private const int MaximumBytes = 16 << 20;

    private int _segmentBytes;
    private int _acknowledgedBytes;

    /// <summary>cwnd, in bytes.</summary>
    public int Bytes { get; private set; }

    /// <summary>ssthresh, in bytes.</summary>
    public int Threshold { get; private set; }

    public void Start(int segmentBytes)
    {
        _segmentBytes = segmentBytes;
        Bytes = 10 * segmentBytes;
        Threshold = MaximumBytes;
    }

    /// <summary>
    /// An acknowledgment outside recovery; grows only while the window is in use.
    /// </summary>
    public void Acknowledge(int acknowledgedBytes, bool wasLimited)
    {
        if (!wasLimited)
        {
            return;
        }

        if (Bytes < Threshold)
        {
            Bytes = Math.Min(Bytes + acknowledgedBytes, MaximumBytes);
            return;
        }

        _acknowledgedBytes += acknowledgedBytes;
        if (_acknowledgedBytes >= Bytes)
        {
            _acknowledgedBytes -= Bytes;
            Bytes = Math.Min(Bytes + _segmentBytes, MaximumBytes);
        }
    }

    /// <summary>
    /// Loss found by duplicate acknowledgments: half of what is in flight (RFC 5681 eq. 4).
    /// </summary>
    public void EnterRecovery(int flightBytes)
    {
        Threshold = Math.Max(flightBytes / 2, 2 * _segmentBytes);
        Bytes = Threshold;
    }

    /// <summary>Loss found by the timer: one segment, then slow start.</summary>
    public void Collapse(int flightBytes)
    {
        Threshold = Math.Max(flightBytes / 2, 2 * _segmentBytes);
        Bytes = _segmentBytes;
        _acknowledgedBytes = 0;
    }
}
