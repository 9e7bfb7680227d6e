using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// Follows the host's search list for what DHCP hands out. Of the keeper's thread.
/// </summary>
/// <remarks>
/// Theory of operation. The list matters when a guest asks, and guests seldom ask: nothing is
/// watched, and a message that comes when the last look is old waits for the next one, which is
/// taken on the thread pool. Only one waits; those that come meanwhile get what is known.
/// </remarks>
/// <param name="changed">Called with another list; on the keeper's thread.</param>
internal sealed class SearchListFollower(
    DhcpConfiguration configuration, Mailbox mailbox, Instant started,
    Action<IReadOnlyList<string>, Instant> changed)
{
    private static readonly Duration s_interval = Duration.FromSeconds(1);
    private readonly Action<IReadOnlyList<string>, Instant> _changed = changed;
    private IReadOnlyList<string> _known = configuration.FindSearchList();
    private Instant _dueAt = started + s_interval;
    private bool _isLooking;

    /// <summary>Whether a message has to wait for <see cref="Look"/>.</summary>
    public bool IsDue(Instant now) => !_isLooking && now >= _dueAt;

    /// <summary>Looks, and then, on the keeper's thread, goes on.</summary>
    public void Look(Instant now, Action<Instant>? goOn)
    {
        _isLooking = true;
        _dueAt = now + s_interval;
        _ = Task.Run(() => mailbox.Post(new Found(this, configuration.FindSearchList(), goOn)));
    }

    private sealed class Found(
        SearchListFollower follower, IReadOnlyList<string> list, Action<Instant>? goOn) : Command
    {
        public override void Run(Instant now)
        {
            follower._isLooking = false;
            if (!list.SequenceEqual(follower._known))
            {
                follower._known = list;
                follower._changed(list, now);
            }

            goOn?.Invoke(now);
        }
    }
}
