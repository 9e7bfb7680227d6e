using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Host;

/// <summary>
/// Whether the host has a way out by IPv6, and the news of it: a guest should have addresses of
/// IPv6 only as long as they lead somewhere, or every connection of its begins with a delay.
/// </summary>
/// <remarks>
/// The kernel's news (netlink(7)) say only that something may have changed; all is read anew then,
/// once it has settled, since a router's advertisement or a new interface is several changes. News
/// that were lost (ENOBUFS) are news too. Of the worker that watches.
/// </remarks>
public sealed class HostRoutes : IReadinessOwner, IDisposable
{
    private const long SettlingNanoseconds = 50_000_000;

    /// <summary>Until another attempt when the kernel could not answer.</summary>
    private const long RetryNanoseconds = 1_000_000_000;

    /// <summary>News taken in one turn, so that a flood of them leaves time for others.</summary>
    private const int NewsPerTurn = 64;

    private readonly IDescriptorWatcher _watcher;
    private readonly Action _changed;
    private readonly byte[] _buffer = new byte[Netlink.BufferBytes];
    private readonly int _news = -1;
    private readonly int _timer = -1;
    private bool _isSettling;

    /// <param name="watcher">The worker's.</param>
    /// <param name="changed">
    /// Called on the worker after <see cref="HasIpv6Default"/> has changed.
    /// </param>
    /// <param name="useNetlink">False to read as where netlink is forbidden.</param>
    public HostRoutes(IDescriptorWatcher watcher, Action changed, bool useNetlink = true)
    {
        _watcher = watcher;
        _changed = changed;
        if (useNetlink)
        {
            _news = Netlink.OpenRoute(Netlink.IPv6Addresses | Netlink.IPv6Routes);
            _timer = TimerDescriptor.Create();
        }

        Ipv6Routing routing = default;
        IsKnown = _news >= 0 && _timer >= 0 && Ipv6Routing.Read(_buffer, out routing) == 0;
        HasIpv6Default = HasWayOut(IsKnown ? routing : Ipv6Routing.ReadFiles());
        if (IsKnown)
        {
            watcher.Watch(_news, Readiness.Readable, this);
            watcher.Watch(_timer, Readiness.Readable, this);
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

    /// <summary>There is news, or it has settled.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        if (TakeNews() && !_isSettling)
        {
            ReadAfter(SettlingNanoseconds);
        }

        Span<byte> expirations = stackalloc byte[sizeof(ulong)];
        if (Files.Read(_timer, expirations) > 0)
        {
            _isSettling = false;
            ReadAnew();
        }
    }

    public void Dispose()
    {
        Close(_news);
        Close(_timer);
    }

    private static bool HasWayOut(in Ipv6Routing routing) =>
        routing is { HasDefaultRoute: true, HasAddress: true };

    /// <returns>Whether any of the news concerns what is told here.</returns>
    private bool TakeNews()
    {
        bool isConcerned = false;
        for (int i = 0; i < NewsPerTurn; i++)
        {
            int received = Netlink.Receive(_news, _buffer);
            if (received == -Errno.EAGAIN)
            {
                break;
            }

            isConcerned |= received < 0; // some were lost
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, Math.Max(received, 0));
            while (NetlinkMessage.TryTake(ref bytes, out NetlinkMessage message))
            {
                isConcerned |= Ipv6Routing.IsConcerned(message);
            }
        }

        return isConcerned;
    }

    private void ReadAnew()
    {
        if (Ipv6Routing.Read(_buffer, out Ipv6Routing routing) < 0)
        {
            ReadAfter(RetryNanoseconds);
        }
        else if (HasWayOut(routing) != HasIpv6Default)
        {
            HasIpv6Default = !HasIpv6Default;
            _changed();
        }
    }

    private void ReadAfter(long nanoseconds) =>
        _isSettling = TimerDescriptor.Set(_timer, nanoseconds) == 0;

    private void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            _watcher.Unwatch(descriptor);
            Files.Close(descriptor);
        }
    }
}
