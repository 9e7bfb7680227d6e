using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Host;

/// <summary>
/// Whether the host has a way out by IPv6, and the news of it: a guest should have addresses of
/// IPv6 only as long as they lead somewhere, or every connection of its begins with a delay.
/// </summary>
/// <remarks>
/// The kernel's news (netlink(7)) say only that something may have changed; all is read anew then.
/// Of the worker that watches.
/// </remarks>
public sealed class HostRoutes : IDisposable
{
    /// <summary>Until another attempt when the kernel could not answer.</summary>
    private const long RetryNanoseconds = 1_000_000_000;

    private readonly Action _changed;
    private readonly byte[] _buffer = new byte[Netlink.BufferBytes];
    private readonly NetworkNews? _news;

    /// <param name="watcher">The worker's.</param>
    /// <param name="changed">
    /// Called on the worker after <see cref="HasIpv6Default"/> has changed.
    /// </param>
    /// <param name="useNetlink">False to read as where netlink is forbidden.</param>
    public HostRoutes(IDescriptorWatcher watcher, Action changed, bool useNetlink = true)
    {
        _changed = changed;
        _news = useNetlink
            ? new NetworkNews(
                watcher, Netlink.IPv6Addresses | Netlink.IPv6Routes, Ipv6Routing.IsConcerned,
                ReadAnew)
            : null;
        Ipv6Routing routing = default;
        IsKnown = _news is { IsOpen: true } && Ipv6Routing.Read(_buffer, out routing) == 0;
        HasIpv6Default = HasWayOut(IsKnown ? routing : Ipv6Routing.ReadFiles());
        if (IsKnown)
        {
            _news!.Start();
        }
    }

    /// <summary>
    /// False where the kernel gives no news (netlink is forbidden): what was found at the start
    /// stays.
    /// </summary>
    public bool IsKnown { get; }

    /// <summary>
    /// A default route of the main table that leads somewhere, and an address of global scope or a
    /// unique local one on an interface that is up.
    /// </summary>
    public bool HasIpv6Default { get; private set; }

    public void Dispose() => _news?.Dispose();

    private static bool HasWayOut(in Ipv6Routing routing) =>
        routing is { HasDefaultRoute: true, HasAddress: true };

    private void ReadAnew()
    {
        if (Ipv6Routing.Read(_buffer, out Ipv6Routing routing) < 0)
        {
            _news!.TellAfter(RetryNanoseconds);
        }
        else if (HasWayOut(routing) != HasIpv6Default)
        {
            HasIpv6Default = !HasIpv6Default;
            _changed();
        }
    }
}
