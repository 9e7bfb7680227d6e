using Slipway.Stack;

namespace Slipway.Testing;

/// <summary>
/// One direction of a link that loses, duplicates, reorders and corrupts frames as its seed says.
/// Frames arrive when the clock has reached their time and <see cref="Deliver"/> is called.
/// </summary>
public sealed class FaultyWire(FakeClock clock, Faults faults, int seed, FrameSink receiver)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<byte[], (long Due, long Order)> _underWay = new();
    private long _order;

    /// <summary>What happens to frames from now on.</summary>
    public Faults Faults { get; set; } = faults;

    public bool IsFull => _underWay.Count >= Faults.QueueFrames;

    /// <summary>When the next frame arrives.</summary>
    public Instant NextDelivery => _underWay.TryPeek(out _, out (long Due, long Order) at)
        ? new Instant(at.Due) : Instant.Never;

    public long SentCount { get; private set; }

    public long DeliveredCount { get; private set; }

    /// <summary>Takes a frame, which the wire owns from then on.</summary>
    public void Send(byte[] frame)
    {
        SentCount++;
        if (Happens(Faults.LostPerMille))
        {
            return;
        }

        if (Happens(Faults.DuplicatedPerMille))
        {
            Enqueue((byte[])frame.Clone());
        }

        // ARP has no checksum: on a real link Ethernet's would have dropped the frame.
        bool isArp = frame.Length > 13 && frame[12] == 8 && frame[13] == 6;
        if (Happens(Faults.CorruptedPerMille) && frame.Length > 14 && !isArp)
        {
            frame[_random.Next(14, frame.Length)] ^= (byte)(1 << _random.Next(8));
        }

        Enqueue(frame);
    }

    /// <summary>Delivers what has arrived by now.</summary>
    /// <returns>True if anything had.</returns>
    public bool Deliver()
    {
        bool any = false;
        while (NextDelivery <= clock.Now && _underWay.TryDequeue(out byte[]? frame, out _))
        {
            any = true;
            DeliveredCount++;
            receiver(frame);
        }

        return any;
    }

    private bool Happens(int perMille) => perMille > 0 && _random.Next(1000) < perMille;

    private void Enqueue(byte[] frame)
    {
        long delay = Faults.Delay.Nanoseconds;
        if (Happens(Faults.ReorderedPerMille))
        {
            delay += (long)(_random.NextDouble() * 9 * delay);
        }

        _underWay.Enqueue(frame, (clock.Now.Nanoseconds + delay, _order++));
    }
}
