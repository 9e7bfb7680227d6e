using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// The end of an engine: new connections are refused, open ones go on for a while, and those that
/// are left at the deadline are reset, so that no guest waits for an engine that is not there.
/// </summary>
/// <remarks>
/// On the keeper, between <see cref="Begin"/> and <paramref name="stop"/>. UDP and names are served
/// to the end: they have nothing that could be finished.
/// </remarks>
/// <param name="keeper">The first worker.</param>
/// <param name="shards">The others.</param>
/// <param name="stop">Called when nothing is left to do.</param>
internal sealed class EngineDrain(
    KeeperWorker keeper, IReadOnlyList<ShardWorker> shards, Action stop) : ITimerOwner
{
    /// <summary>Looks for resets that wait for room on a link, before they are given up.</summary>
    private const int LastLooks = 20;

    private static readonly Duration s_interval = Duration.FromMilliseconds(20);

    private TimerEntry? _timer;
    private Instant _deadline;
    private int _looks = -1;

    /// <summary>The connections that are open; from any thread.</summary>
    public int CountOpen()
    {
        int open = keeper.Stack.Tcp.CountOpen();
        foreach (ShardWorker shard in shards)
        {
            open += shard.FlowsOfWorker.Tcp.CountOpen();
        }

        return open;
    }

    /// <summary>Refuses what is new from here on.</summary>
    public void Begin(Instant deadline, Instant now)
    {
        _timer = new TimerEntry(this);
        _deadline = deadline;
        keeper.Stack.Tcp.IsDraining = true;
        foreach (ShardWorker shard in shards)
        {
            shard.Post(_ => shard.FlowsOfWorker.Tcp.IsDraining = true);
        }

        OnTimer(_timer, now);
    }

    public void OnTimer(TimerEntry entry, Instant now)
    {
        bool isOver = _looks < 0 ? CountOpen() == 0 : IsTold() || _looks == LastLooks;
        if (isOver)
        {
            stop();
            return;
        }

        if (_looks >= 0)
        {
            _looks++;
        }
        else if (now >= _deadline)
        {
            _looks = 0;
            Reset(now);
        }

        keeper.Stack.Timers.Schedule(
            entry, _looks < 0 ? Instant.Min(now + s_interval, _deadline) : now + s_interval);
    }

    private void Reset(Instant now)
    {
        keeper.Stack.Tcp.ResetAll(now);
        foreach (ShardWorker shard in shards)
        {
            shard.Post(shard.FlowsOfWorker.Tcp.ResetAll);
        }
    }

    // Whether all guests have been sent what ends their connections.
    private bool IsTold()
    {
        TcpLayer own = keeper.Stack.Tcp;
        bool isTold = own is { Count: 0, LateResetCount: 0 };
        foreach (ShardWorker shard in shards)
        {
            isTold &= shard.FlowsOfWorker.Tcp is { Count: 0, LateResetCount: 0 };
        }

        return isTold;
    }
}
