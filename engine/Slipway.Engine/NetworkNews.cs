using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// The kernel's news of the host's interfaces, addresses and routes (rtnetlink(7)), told once they
/// have settled: a VPN that comes up is a dozen changes. Of the worker that watches.
/// </summary>
internal sealed class NetworkNews : IReadinessOwner, IDisposable
{
    private const uint Groups = Netlink.Links | Netlink.IPv4Addresses | Netlink.IPv4Routes
        | Netlink.IPv6Addresses | Netlink.IPv6Routes;

    private const long SettlingNanoseconds = 50_000_000;

    /// <summary>News taken in one turn, so that a flood of them leaves time for others.</summary>
    private const int NewsPerTurn = 64;

    private readonly IDescriptorWatcher _watcher;
    private readonly Action _changed;
    private readonly byte[] _buffer = new byte[Netlink.BufferBytes];
    private readonly int _news;
    private readonly int _timer;
    private bool _isSettling;

    /// <param name="watcher">The worker's.</param>
    /// <param name="changed">Called on the worker; must return at once.</param>
    public NetworkNews(IDescriptorWatcher watcher, Action changed)
    {
        _watcher = watcher;
        _changed = changed;
        _news = Netlink.OpenRoute(Groups);
        _timer = TimerDescriptor.Create();
        if (_news >= 0 && _timer >= 0)
        {
            watcher.Watch(_news, Readiness.Readable, this);
            watcher.Watch(_timer, Readiness.Readable, this);
        }
    }

    /// <summary>There is news, or it has settled.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        if (TakeNews() && !_isSettling)
        {
            _isSettling = TimerDescriptor.Set(_timer, SettlingNanoseconds) == 0;
        }

        Span<byte> expirations = stackalloc byte[sizeof(ulong)];
        if (Files.Read(_timer, expirations) > 0)
        {
            _isSettling = false;
            _changed();
        }
    }

    public void Dispose()
    {
        Close(_news);
        Close(_timer);
    }

    // News that were lost (ENOBUFS) are news too.
    private bool TakeNews()
    {
        bool hasNews = false;
        for (int i = 0; i < NewsPerTurn; i++)
        {
            int received = Netlink.Receive(_news, _buffer);
            if (received == -Errno.EAGAIN)
            {
                break;
            }

            hasNews = true;
        }

        return hasNews;
    }

    private void Close(int descriptor)
    {
        if (descriptor >= 0)
        {
            _watcher.Unwatch(descriptor);
            Files.Close(descriptor);
        }
    }
}
