using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// How many frames of a guest a turn takes: all that a link gives while no other guest sends, and
/// as many as fit into a <see cref="Quantum"/> while one does. So a guest's flood costs the others
/// a quantum a turn, however dear its frames are.
/// </summary>
/// <remarks>
/// What a frame of a guest's costs is what its last ones did, and with them its share of the rest
/// of the turn, in which host sockets answer what they have caused (the quantum of deficit round
/// robin, Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit Round-Robin", 1996, in
/// time instead of bytes). A cost that falls is believed slowly, so that a guest that alternates
/// cheap and dear frames does not get more.
/// </remarks>
internal sealed class TurnShares(Func<Instant> clock)
{
    /// <summary>A guest's time in a turn while another sends too.</summary>
    public static readonly Duration Quantum = Duration.FromMicroseconds(100);

    /// <summary>A guest that was heard so long ago has its share in mind.</summary>
    private static readonly Duration Attention = Duration.FromMilliseconds(10);

    /// <summary>The least in a turn, so that each one gets on.</summary>
    private const int FewestFrames = 2;

    /// <summary>Of the host's part of a turn, at most so many times the frames'.</summary>
    private const int MostOverhead = 4;

    private readonly Dictionary<int, Share> _shares = [];
    private readonly List<Share> _inTurn = [];
    private Share? _last;
    private Instant _otherHeard = new(long.MinValue / 2);
    private Instant _lastTurn = Instant.Never;

    /// <summary>
    /// What may be taken of a port's guest now, in frames: less than a whole batch while another
    /// sends, and less what was taken in this turn by other queues of its.
    /// </summary>
    public int FramesAtOnce(int port, Instant now) =>
        IsContended(port, now) && _shares.TryGetValue(port, out Share? share)
            ? (int)Math.Clamp(
                (Quantum.Nanoseconds / Math.Max(1, share.FrameNanoseconds)) - share.TurnFrames,
                FewestFrames, FrameBatch.Capacity - 1)
            : FrameBatch.Capacity;

    /// <summary>Begins with a port's frames; while no other sends, time is not looked at.</summary>
    /// <returns>For <see cref="End"/>.</returns>
    public Instant? Begin(int port, Instant now)
    {
        if (_last is null || _last.Port != port)
        {
            if (_last is not null)
            {
                _otherHeard = _last.Heard;
            }

            if (!_shares.TryGetValue(port, out _last))
            {
                _shares.Add(port, _last = new Share(port));
            }
        }

        _last.Heard = now;
        return IsRecent(_otherHeard, now) ? clock() : null;
    }

    /// <summary>So many frames have been dealt with since.</summary>
    public void End(Instant? began, int frames)
    {
        if (began is Instant from && _last is Share share)
        {
            if (share.TurnFrames == 0)
            {
                _inTurn.Add(share);
            }

            share.TurnFrames += frames;
            share.TurnNanoseconds += (clock() - from).Nanoseconds;
        }
    }

    /// <summary>The turn is over, which began then.</summary>
    public void EndTurn(Instant began)
    {
        _lastTurn = began;
        if (_inTurn.Count == 0)
        {
            return;
        }

        long direct = 1;
        foreach (Share share in _inTurn)
        {
            direct += share.TurnNanoseconds;
        }

        long turn = Math.Min((clock() - began).Nanoseconds, MostOverhead * direct);
        foreach (Share share in _inTurn)
        {
            long cost = (long)((double)share.TurnNanoseconds * turn / direct / share.TurnFrames);
            share.FrameNanoseconds = Math.Max(
                cost, share.FrameNanoseconds + ((cost - share.FrameNanoseconds) / 8));
            share.TurnFrames = 0;
            share.TurnNanoseconds = 0;
        }

        _inTurn.Clear();
    }

    public void Remove(int port)
    {
        if (_shares.Remove(port, out Share? share))
        {
            _inTurn.Remove(share);
            _last = _last == share ? null : _last;
        }
    }

    // Another guest was heard a short time ago.
    private bool IsContended(int port, Instant now) =>
        _last is not null && IsRecent(_last.Port == port ? _otherHeard : _last.Heard, now);

    // Or in the turn before, however long it took: who floods is at the turn's head again.
    private bool IsRecent(Instant heard, Instant now) =>
        heard >= _lastTurn || now - heard < Attention;

    private sealed class Share(int port)
    {
        public int Port { get; } = port;

        public Instant Heard { get; set; }

        /// <summary>What a frame costs.</summary>
        public long FrameNanoseconds { get; set; }

        public int TurnFrames { get; set; }

        public long TurnNanoseconds { get; set; }
    }
}
