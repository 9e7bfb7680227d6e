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
    // Groups by the number of a link, of those that are there: what still runs of one that has
    // gone, such as a request by the proxy, is nobody's.
    private readonly ConcurrentDictionary<int, int> _groups = new();
    private readonly Lock _lock = new();
    private volatile PublishedTarget[] _targets = [];
    private volatile PublishedTarget[] _opening = [];
    private volatile bool _hasGroups;

    /// <summary>False as long as all guests are of one group: then nothing is refused.</summary>
    public bool HasGroups => _hasGroups;

    /// <summary>There are, or will be, guests of several groups.</summary>
    public void BeginGroups() => _hasGroups = true;

    /// <summary>The ports that are published from now on.</summary>
    public void Set(PublishedTarget[] targets) => _targets = targets;

    /// <summary>A port begins to listen, and it is not known yet whose it is.</summary>
    public void Begin(PublishedTarget target)
    {
        lock (_lock)
        {
            _opening = [.. _opening, target];
        }
    }

    /// <summary>It is among the published ones, or is not opened after all.</summary>
    public void End(PublishedTarget target)
    {
        lock (_lock)
        {
            _opening = Array.FindAll(_opening, one => one != target);
        }
    }

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

        // In this order: one that is not opening any more is among the others.
        return Refuses(_opening, protocol, host, link) || Refuses(_targets, protocol, host, link);
    }

    internal void OnPortOpened(int link, int group)
    {
        _groups[link] = group;
        if (group != GuestGroup.Common)
        {
            _hasGroups = true;
        }
    }

    internal void OnPortClosed(int link) => _groups.TryRemove(link, out _);

    private bool Refuses(
        PublishedTarget[] targets, IpProtocol protocol, in IpEndpoint host, int link)
    {
        foreach (PublishedTarget target in targets)
        {
            if (target.Takes(protocol, host) && !Meet(target.Link, link))
            {
                return true;
            }
        }

        return false;
    }

    private bool Meet(int target, int link) =>
        _groups.TryGetValue(target, out int theirs) && _groups.TryGetValue(link, out int own)
        && (target == link || GuestGroup.Meet(theirs, own));
}
