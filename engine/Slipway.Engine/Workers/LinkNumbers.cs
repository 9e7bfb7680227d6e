using System.Collections.Concurrent;
using System.Globalization;
using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// Links have numbers, from 0 in the order in which they come, and names. Written by the keeper,
/// read from any thread.
/// </summary>
internal sealed class LinkNumbers
{
    /// <summary>The number of a port whose link is not there any more.</summary>
    private const int Gone = -1;

    private readonly ConcurrentDictionary<int, GuestLink> _links = [];
    private readonly ConcurrentDictionary<int, int> _ports = [];
    private int _next;

    /// <summary>The numbers that there are.</summary>
    public int[] All => [.. _links.Keys.Order()];

    public void Add(GuestLink link) => _links[_next++] = link;

    public void Remove(GuestLink link)
    {
        foreach ((int number, GuestLink one) in _links)
        {
            if (one == link)
            {
                _links.TryRemove(number, out _);
            }
        }
    }

    /// <summary>Where there are several workers: before another one has the port.</summary>
    public void Add(IGuestPort port) => _ports[port.Id] = Find(port);

    public void Remove(IGuestPort port) => _ports.TryRemove(port.Id, out _);

    /// <summary>The number of a port's link; on a worker.</summary>
    public int Of(IGuestPort port) =>
        _ports.TryGetValue(port.Id, out int number) ? number : Find(port);

    /// <summary>"tap:tap0", "stream:/tmp/vm.sock".</summary>
    public string NameOf(int number) => _links.TryGetValue(number, out GuestLink? link)
        ? link.Description.Replace(' ', ':')
        : string.Create(CultureInfo.InvariantCulture, $"link{number}");

    private int Find(IGuestPort port)
    {
        foreach ((int number, GuestLink link) in _links)
        {
            if (link.Has(port))
            {
                return number;
            }
        }

        return Gone;
    }
}
