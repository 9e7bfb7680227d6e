using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>Whose the published ports are, for guests that come by the host alias.</summary>
public sealed partial class NetworkEngine
{
    // Leases end without a turn.
    private static readonly Duration s_followInterval = Duration.FromSeconds(1);

    private (int Neighbors, LeaseSnapshot? Leases, LeaseSnapshot? Leases6) _followed;
    private Instant _followedAt;

    // On the keeper, or before it runs.
    private void NotePublished()
    {
        _publishedNow = [.. _published];
        _followedAt = default;
        _keeper.Stack.Settings.Published.Set([.. _published
            .SelectMany(port => port.Publication.Reach)]);
    }

    // At the end of the keeper's turn: only where there are groups does it matter.
    private void FollowPublished(Instant now)
    {
        if (_published.Count == 0 || !_keeper.Stack.Settings.Published.HasGroups)
        {
            return;
        }

        (int, LeaseSnapshot?, LeaseSnapshot?) seen =
            (_keeper.Stack.Neighbors.Version, _dhcp?.Leases, _dhcp6?.Leases);
        if (seen != _followed || now - _followedAt >= s_followInterval)
        {
            (_followed, _followedAt) = (seen, now);
            _published.ForEach(port => port.Publication.Follow());
        }
    }
}
