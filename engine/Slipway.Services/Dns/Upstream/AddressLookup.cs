using System.Net;
using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// getaddrinfo on threads of its own. It blocks as long as the host's resolver likes, and cannot be
/// stopped: so the threads are few, the queue is short, and what waited past its deadline is not
/// begun. A dead resolver thus costs its own queries, and nobody else's; and a guest that asks for
/// names that nobody answers has half of the threads at most.
/// </summary>
/// <param name="maxThreads">Lookups at a time.</param>
/// <param name="maxQueued">Lookups that wait for a thread; more fail at once.</param>
/// <param name="find">
/// What blocks: the addresses of a name, IPv4 or IPv6; getaddrinfo if null.
/// </param>
/// <param name="onStuck">
/// Called when a guest asks all of whose threads have been blocked for longer than any resolver
/// takes: no more is to be had of them. Null for nobody.
/// </param>
internal sealed class AddressLookup(
    int maxThreads, int maxQueued, Func<string, bool, LocalName?>? find = null,
    Action? onStuck = null) : IAddressLookup
{
    // glibc's modules take some hundred KiB of stack at most.
    private const int StackLengthBytes = 512 << 10;
    private const long StuckMs = 60_000;
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(10);
    private readonly Func<string, bool, LocalName?> _find = find ?? Find;
    private readonly int _maxThreadsPerGuest = Math.Max(maxThreads / 2, 1);
    private readonly LinkedList<Request> _queue = [];
    private readonly Dictionary<int, Running> _running = [];
    private readonly object _lock = new();
    private int _threads;
    private int _idle;
    private bool _disposed;

    public async Task<LocalName?> FindAsync(
        byte[] name, bool ipv4, int link, TimeSpan deadline, CancellationToken stop)
    {
        LinkedListNode<Request> request = new(new Request(
            Text(name), ipv4, link,
            Environment.TickCount64 + (long)deadline.TotalMilliseconds));
        lock (_lock)
        {
            if (_disposed || _queue.Count >= maxQueued)
            {
                return null;
            }

            if (IsStuck(link))
            {
                onStuck?.Invoke();
            }

            _queue.AddLast(request);
            if (_idle > 0)
            {
                Monitor.Pulse(_lock);
            }
            else if (_threads < maxThreads)
            {
                _threads++;
                Thread thread = new(Work, StackLengthBytes) { IsBackground = true };
                thread.Start();
            }
        }

        try
        {
            return await request.Value.Answer.Task.WaitAsync(deadline, stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // Its place is for others: the threads may be busy for long.
            lock (_lock)
            {
                if (request.List is not null)
                {
                    _queue.Remove(request);
                }
            }

            return null;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _queue.Clear();
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>
    /// The name for getaddrinfo. With the dot at its end the host's search list is not tried: the
    /// guest asks for exactly this name, and has a list of its own. One label goes without it, or
    /// modules such as myhostname would not know it.
    /// </summary>
    private static string Text(byte[] name) =>
        DomainName.LabelCount(name) > 1 ? DomainName.Format(name) + "." : DomainName.Format(name);

    private void Work()
    {
        while (TryTake() is Request request)
        {
            if (Environment.TickCount64 < request.DeadlineMs)
            {
                request.Answer.TrySetResult(_find(request.Name, request.IPv4));
            }

            Leave(request.Link);
        }
    }

    private Request? TryTake()
    {
        lock (_lock)
        {
            Request? next;
            while ((next = TakeEligible()) is null)
            {
                _idle++;
                bool woken = !_disposed && Monitor.Wait(_lock, s_idleTime);
                _idle--;
                if (_disposed || (!woken && _queue.Count == 0))
                {
                    _threads--;
                    return null;
                }
            }

            return next;
        }
    }

    private bool IsStuck(int link) => _running.TryGetValue(link, out Running running)
        && running.Count == _maxThreadsPerGuest
        && Environment.TickCount64 - running.ChangedMs > StuckMs;

    /// <summary>The request that waits longest of a guest below its share.</summary>
    private Request? TakeEligible()
    {
        for (LinkedListNode<Request>? at = _queue.First; at is not null; at = at.Next)
        {
            int running = _running.GetValueOrDefault(at.Value.Link).Count;
            if (running < _maxThreadsPerGuest)
            {
                _running[at.Value.Link] = new Running(running + 1, Environment.TickCount64);
                _queue.Remove(at);
                return at.Value;
            }
        }

        return null;
    }

    private void Leave(int link)
    {
        lock (_lock)
        {
            int running = _running[link].Count - 1;
            if (running == 0)
            {
                _running.Remove(link);
            }
            else
            {
                _running[link] = new Running(running, Environment.TickCount64);
            }
        }
    }

    private static LocalName? Find(string name, bool ipv4)
    {
        AddressFamily family = ipv4
            ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        NameResolutionResult result = NameResolution.Resolve(
            name, family, out IReadOnlyList<IPAddress> addresses);
        if (result == NameResolutionResult.NoName)
        {
            // Some modules say so when there is only no address of this family.
            result = NameResolution.Resolve(name, AddressFamily.Unspecified, out _);
            result = result == NameResolutionResult.Found ? NameResolutionResult.NoAddress : result;
        }

        return result switch
        {
            NameResolutionResult.Found => new LocalName(
                [.. addresses.Select(IpAddress.From)], null, HostResolver.LookupTtlSeconds),
            NameResolutionResult.NoAddress =>
                new LocalName([], null, HostResolver.LookupTtlSeconds),
            NameResolutionResult.NoName => LocalName.Nonexistent,
            _ => null,
        };
    }

    /// <summary>A guest's threads, and when one was taken or came back last.</summary>
    private readonly record struct Running(int Count, long ChangedMs);

    private sealed record Request(string Name, bool IPv4, int Link, long DeadlineMs)
    {
        public TaskCompletionSource<LocalName?> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
