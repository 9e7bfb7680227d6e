using System.Runtime.ExceptionServices;
using Slipway.Host;
using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// The whole engine: guests' links on one side, the host's sockets on the other, the stack and the
/// services between them. The caller's thread runs it (<see cref="Run"/>), with one more for each
/// further worker; everything else reaches them through their mailboxes.
/// </summary>
/// <remarks>
/// <code>
///   commands -> links -> switch -> ip -> flow -> host sockets
///            -> ready host sockets -> flow -> frames -> timers -> flush
/// </code>
/// </remarks>
public sealed partial class NetworkEngine : IDisposable
{
    private readonly IEngineLog _log;
    private readonly KeeperWorker _keeper;
    private readonly List<ShardWorker> _shards = [];
    private readonly List<Thread> _threads = [];
    private readonly DhcpServer? _dhcp;
    private readonly Dhcp6Server? _dhcp6;
    private readonly SearchListFollower? _search;
    private HostRoutes? _routes;
    private NetworkNews? _networkNews;
    private readonly DnsServer _dns;
    private readonly FlowSharding _sharding;
    private volatile EngineConfiguration _configuration;
    private long _resourcesReported;
    private ExceptionDispatchInfo? _failure;
    private volatile bool _stopping;

    /// <summary>
    /// What the engine has counted since its start; from any thread. Of several workers it is the
    /// sum, made at each call.
    /// </summary>
    public Counters Counters
    {
        get
        {
            if (_shards.Count == 0)
            {
                return _keeper.Counters;
            }

            Counters total = new();
            _keeper.Counters.AddTo(total);
            foreach (ShardWorker shard in _shards)
            {
                shard.Counters.AddTo(total);
            }

            return total;
        }
    }

    /// <summary>
    /// Stops <see cref="Run"/> at the end of the turn; from any thread, more than once.
    /// </summary>
    public void Stop()
    {
        _stopping = true;
        _keeper.Reactor.Wake();
        foreach (ShardWorker shard in _shards)
        {
            shard.Reactor.Wake();
        }
    }

    /// <summary>Takes turns until <see cref="Stop"/>. Once, on one thread.</summary>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    /// <remarks>A mistake in one worker ends all of them, and is thrown here.</remarks>
    public void Run()
    {
        lock (_gate)
        {
            if (_runner is not null)
            {
                throw new InvalidOperationException("the engine runs already");
            }

            _runner = Thread.CurrentThread;
        }

        EngineEventSource.Log.Attach(() => Counters, _keeper.Clock);
        StartWatch();
        foreach (ShardWorker shard in _shards)
        {
            Thread thread = new(() => TakeTurns(shard))
            {
                Name = $"slipway worker {shard.Index}",
                IsBackground = true,
            };
            _threads.Add(thread);
            thread.Start();
        }

        try
        {
            while (!_stopping)
            {
                _keeper.TakeTurn();
                ReportResources();
                LetLeave();
            }
        }
        finally
        {
            Stop();
            EndRun();
        }

        _failure?.Throw();
    }

    /// <summary>Closes everything, once; not while it runs.</summary>
    public void Dispose() => TryDispose(Timeout.Infinite);

    /// <summary>The same, unless another thread's turn lasts longer than that.</summary>
    /// <returns>False when it does, and nothing has been closed.</returns>
    public bool TryDispose(int timeoutMs)
    {
        if (!_gate.TryEnter(timeoutMs))
        {
            return false;
        }

        try
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                Close();
            }

            return true;
        }
        finally
        {
            _gate.Exit();
        }
    }

    private void EndRun()
    {
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _watch?.Dispose();
        lock (_gate)
        {
            _runner = null;
            _keeper.Mailbox.Run(_keeper.Reactor.Time); // who waits for something waits no more
            LetLeave();
        }
    }

    private void Close()
    {
        EndCaptures();
        _servicesStopping.Cancel();
        _pages?.Dispose();
        _proxy?.Dispose();
        _upstreams?.Dispose();
        foreach (PublishedPort port in _published)
        {
            port.Publication.Close();
        }

        _waiting?.Drop(null);
        foreach (ShardWorker shard in _shards)
        {
            shard.Dispose();
        }

        _routes?.Dispose();
        _networkNews?.Dispose();
        _keeper.Dispose();
        _dhcp?.Dispose();
        _dhcp6?.Dispose();
        _dns.Dispose();
        CloseResolvers();
        _servicesStopping.Dispose();
    }

    private void TakeTurns(ShardWorker shard)
    {
        t_shardOf = this;
        try
        {
            while (!_stopping)
            {
                shard.TakeTurn();
            }
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            Stop();
        }
    }

    /// <summary>
    /// Says once that the host's descriptors, ports or memory are used up, and again if it recurs.
    /// </summary>
    private void ReportResources()
    {
        long refused = _keeper.Counters.Dropped(DropReason.HostResources);
        foreach (ShardWorker shard in _shards)
        {
            refused += shard.Counters.Dropped(DropReason.HostResources);
        }

        if (_resourcesReported == 0 && refused > 0)
        {
            _log.Write(LogLevel.Warning,
                "out of file descriptors, ports or memory: new flows are refused, open ones go on; "
                + "raise the limit (ulimit -n, net.ipv4.ip_local_port_range) or see "
                + "'slipway doctor'");
        }

        _resourcesReported = refused;
    }
}
