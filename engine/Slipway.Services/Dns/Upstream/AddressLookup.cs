using System.Net;
using System.Net.Sockets;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Services;

/// <summary>
/// getaddrinfo on threads of its own. It blocks as long as the host's resolver likes, and cannot be
/// stopped: so the threads are few, the queue is short, and what waited past its deadline is not
/// begun. A dead resolver thus costs its own queries, and nobody else's.
/// </summary>
internal sealed class AddressLookup(int maxThreads, int maxQueued) : IDisposable
{
    // glibc's modules take some hundred KiB of stack at most.
    private const int StackLengthBytes = 512 << 10;
    private static readonly TimeSpan s_idleTime = TimeSpan.FromSeconds(10);
    private readonly Queue<Request> _queue = [];
    private readonly object _lock = new();
    private int _threads;
    private int _idle;
    private bool _disposed;

    /// <summary>Addresses of a name; null when nobody could say, or not by the deadline.</summary>
    public async Task<LocalName?> FindAsync(
        byte[] name, bool ipv4, TimeSpan deadline, CancellationToken stop)
    {
        Request request =
            new(Text(name), ipv4, Environment.TickCount64 + (long)deadline.TotalMilliseconds);
        lock (_lock)
        {
            if (_disposed || _queue.Count >= maxQueued)
            {
                return null;
            }

            _queue.Enqueue(request);
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
            return await request.Answer.Task.WaitAsync(deadline, stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
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
                request.Answer.TrySetResult(Find(request));
            }
        }
    }

    private Request? TryTake()
    {
        lock (_lock)
        {
            while (_queue.Count == 0)
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

            return _queue.Dequeue();
        }
    }

    private static LocalName? Find(Request request)
    {
        AddressFamily family = request.IPv4
            ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        NameResolutionResult result = NameResolution.Resolve(
            request.Name, family, out IReadOnlyList<IPAddress> addresses);
        if (result == NameResolutionResult.NoName)
        {
            // Some modules say so when there is only no address of this family.
            result = NameResolution.Resolve(request.Name, AddressFamily.Unspecified, out _);
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

    private sealed record Request(string Name, bool IPv4, long DeadlineMs)
    {
        public TaskCompletionSource<LocalName?> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
