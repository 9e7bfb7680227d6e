using System.Collections.Concurrent;
using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Which guests may use one another's published ports by the host alias: those of one group
/// (<see cref="GuestGroup"/>), as they see one another's frames. The host's loopback would else be
/// a way around the groups.
/// </summary>
/// <remarks>
/// One is shared by all workers. The keeper says which ports there are and whose they are; while
/// it is not known whose a port is, it is nobody's. Addresses of the host other than its loopback
/// are reached as from the network.
/// </remarks>
public sealed class PublishedReach
{
    // Groups by the number of a link, of those that are in one of their own.
    private readonly ConcurrentDictionary<int, int> _groups = new();
    private volatile PublishedTarget[] _targets = [];
    private volatile bool _hasGroups;

    /// <summary>False as long as all guests are of one group: then nothing is refused.</summary>
    public bool HasGroups => _hasGroups;

    /// <summary>There are, or will be, guests of several groups.</summary>
    public void BeginGroups() => _hasGroups = true;

    /// <summary>The ports that are published from now on.</summary>
    public void Set(PublishedTarget[] targets) => _targets = targets;

    /// <summary>
    /// True where a guest may not connect, or send, to a port of the host's loopback. From any
    /// thread.
    /// </summary>
    /// <param name="link">The number of its link.</param>
    public bool Refuses(IpProtocol protocol, in IpEndpoint host, int link)
    {
        if (!_hasGroups)
        {
            return false;
        }

        foreach (PublishedTarget target in _targets)
        {
            if (target.Takes(protocol, host) && !Meet(target.Link, link))
            {
                return true;
            }
        }

        return false;
    }

    internal void OnPortOpened(int link, int group)
    {
        if (group != GuestGroup.Common)
        {
            _hasGroups = true;
            _groups[link] = group;
        }
    }

    internal void OnPortClosed(int link) => _groups.TryRemove(link, out _);

    private bool Meet(int target, int link) => target != 0
        && (target == link || GuestGroup.Meet(GroupOf(target), GroupOf(link)));

    private int GroupOf(int link) => _groups.GetValueOrDefault(link, GuestGroup.Common);
}
