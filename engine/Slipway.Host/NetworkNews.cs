using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Host;

/// <summary>
/// The kernel's news of the host's interfaces, addresses and routes (rtnetlink(7)), told once they
/// have settled: a VPN that comes up is a dozen changes, a router's advertisement several. News
/// that were lost (ENOBUFS) are news too. Of the worker that watches.
/// </summary>
public sealed class NetworkNews : IReadinessOwner, IDisposable
{
    /// <summary>All of them.</summary>
    public const uint AllGroups = Netlink.Links | Netlink.IPv4Addresses | Netlink.IPv4Routes
        | Netlink.IPv6Addresses | Netlink.IPv6Routes;

    private const long SettlingNanoseconds = 50_000_000;

    /// <summary>News taken in one turn, so that a flood of them leaves time for others.</summary>
    private const int NewsPerTurn = 64;

    private readonly IDescriptorWatcher _watcher;
    private readonly IsConcerned? _isConcerned;
    private readonly Action _settled;
    private readonly byte[] _buffer = new byte[Netlink.BufferBytes];
    private readonly int _news;
    private readonly int _timer;
    private bool _isSettling;

    /// <param name="watcher">The worker's.</param>
    /// <param name="groups">Of <see cref="Netlink"/>: what is told.</param>
    /// <param name="isConcerned">Which messages count; null for all.</param>
    /// <param name="settled">Called on the worker; must return at once.</param>
    public NetworkNews(
        IDescriptorWatcher watcher, uint groups, IsConcerned? isConcerned, Action settled)
    {
        _watcher = watcher;
        _isConcerned = isConcerned;
        _settled = settled;
        _news = Netlink.OpenRoute(groups);
        _timer = TimerDescriptor.Create();
    }

    /// <summary>Whether a message of the kernel's counts.</summary>
    public delegate bool IsConcerned(NetlinkMessage message);

    /// <summary>False where netlink is forbidden, or there are no descriptors.</summary>
    public bool IsOpen => _news >= 0 && _timer >= 0;

    /// <summary>Begins to tell; what has come before is told too.</summary>
    public void Start()
    {
        if (IsOpen)
        {
            _watcher.Watch(_news, Readiness.Readable, this);
            _watcher.Watch(_timer, Readiness.Readable, this);
        }
    }

    /// <summary>Tells again after a while, whether there is news or not.</summary>
    public void TellAfter(long nanoseconds) =>
        _isSettling = TimerDescriptor.Set(_timer, nanoseconds) == 0;

    /// <summary>There is news, or it has settled.</summary>
    public void OnReady(Readiness readiness, Instant now)
    {
        if (TakeNews() && !_isSettling)
        {
            TellAfter(SettlingNanoseconds);
        }

        Span<byte> expirations = stackalloc byte[sizeof(ulong)];
        if (Files.Read(_timer, expirations) > 0)
        {
            _isSettling = false;
            _settled();
        }
    }

    public void Dispose()
    {
        Close(_news);
        Close(_timer);
    }

    /// <returns>Whether any of the news counts.</returns>
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

            isConcerned |= received < 0 || _isConcerned is null;
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, Math.Max(received, 0));
            while (!isConcerned && NetlinkMessage.TryTake(ref bytes, out NetlinkMessage message))
            {
                isConcerned = _isConcerned!(message);
            }
        }

        return isConcerned;
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
