namespace Slipway.Stack;

/// <summary>
/// The retransmission timeout of RFC 6298, with the minimum of 200 ms that Linux uses: the guest is
/// one hop away, and a whole second would turn one lost segment into a stall that users see.
/// </summary>
internal struct RetransmissionTimeout
{
    public static readonly Duration Initial = Duration.FromSeconds(1);
    public static readonly Duration Minimum = Duration.FromMilliseconds(200);
    public static readonly Duration Maximum = Duration.FromSeconds(60);

    private Duration _smoothed;
    private Duration _variation;
    private bool _measured;

    public RetransmissionTimeout() => Base = Initial;

    /// <summary>RTO before backoff.</summary>
    public Duration Base { get; private set; }

    /// <summary>Doublings since the last acknowledgment (Karn's algorithm).</summary>
    public int Backoff { get; private set; }

    /// <summary>RTO now.</summary>
    public readonly Duration Current => Duration.Min(Base * (1L << Math.Min(Backoff, 12)), Maximum);

    public readonly Duration Smoothed => _smoothed;

    public void BackOff() => Backoff++;

    public void ResetBackoff() => Backoff = 0;

    /// <summary>Takes a measured round trip (RFC 6298 section 2).</summary>
    public void Measure(Duration roundTrip)
    {
        if (!_measured)
        {
            _measured = true;
            _smoothed = roundTrip;
            _variation = roundTrip / 2;
        }
        else
        {
            Duration error = roundTrip > _smoothed ? roundTrip - _smoothed : _smoothed - roundTrip;
            _variation = ((_variation * 3) + error) / 4;
            _smoothed = ((_smoothed * 7) + roundTrip) / 8;
        }

        Base = Duration.Min(Duration.Max(_smoothed + (_variation * 4), Minimum), Maximum);
    }
}
