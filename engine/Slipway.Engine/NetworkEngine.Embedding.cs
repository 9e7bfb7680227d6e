using Slipway.Links;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// For programs that the engine is linked into: they take its turns themselves if they like, and
/// ask things of it from any thread.
/// </summary>
/// <remarks>
/// Whoever takes turns holds the gate, or is the thread of <see cref="Run"/>. What is asked from
/// elsewhere is done under the gate, or by that thread. From within a turn, that is from a frame
/// sink or the log, nothing can be asked that has to wait for the turn's end.
/// </remarks>
public sealed partial class NetworkEngine
{
    // Whose further worker this thread is.
    [ThreadStatic]
    private static NetworkEngine? t_shardOf;

    private readonly Lock _gate = new();

    // Detached from within a turn, which they still see the end of.
    private readonly List<GuestLink> _leaving = [];
    private Thread? _runner;
    private int _isDispatching;
    private bool _isDisposed;

    /// <summary>Readable when there is something to dispatch (epoll).</summary>
    public int Descriptor => _keeper.Reactor.Descriptor;

    /// <summary>True on a thread that takes a turn.</summary>
    public bool IsInTurn => IsInOwnTurn || t_shardOf == this;

    // The keeper's turn, or something between two of them.
    private bool IsInOwnTurn => _gate.IsHeldByCurrentThread || _runner == Thread.CurrentThread;

    /// <summary>Where it says what somebody should know.</summary>
    public IEngineLog Log => _log;

    /// <summary>Guests' links may be opened with these.</summary>
    public EngineConfiguration Configuration => _configuration;

    /// <summary>
    /// Nanoseconds until <see cref="Dispatch"/> is due if nothing happens before: 0 for at once,
    /// negative for never, as also while <see cref="Run"/> takes the turns.
    /// </summary>
    public long NanosecondsToDeadline()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_runner is not null)
            {
                return -1; // its thread is at what would be read here
            }

            Instant now = _keeper.Reactor.Time;
            LetLeave();
            if (_keeper.HasPendingWork)
            {
                return 0;
            }

            Instant next = _keeper.NextDeadline;
            return next == Instant.Never ? -1 : Math.Max(0, (next - now).Nanoseconds);
        }
    }

    /// <summary>Takes turns until there is nothing to do, and never waits.</summary>
    /// <param name="turns">At most so many; a turn takes a bounded share of what is there.</param>
    /// <param name="hasMore">There may be more to do.</param>
    /// <returns>False when another thread takes turns, or this one does so already.</returns>
    public bool Dispatch(int turns, out bool hasMore)
    {
        hasMore = false;
        if (IsInTurn || Interlocked.CompareExchange(ref _isDispatching, 1, 0) != 0)
        {
            return false;
        }

        _gate.Enter();
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_runner is not null)
            {
                return false;
            }

            do
            {
                hasMore = _keeper.TakeTurnAtOnce();
                LetLeave();
            }
            while (hasMore && --turns > 0 && !_stopping);
            ReportResources();
            return true;
        }
        finally
        {
            _gate.Exit();
            Volatile.Write(ref _isDispatching, 0);
        }
    }

    /// <summary>Adds a guest's link, which is the engine's from then on.</summary>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public void Attach(GuestLink link) => Invoke(now => _keeper.Attach(link, now));

    /// <summary>
    /// Takes a link away; its guests have left when this returns, or when the turn has ended from
    /// within which it is called.
    /// </summary>
    public void Detach(GuestLink link)
    {
        if (IsInOwnTurn)
        {
            _leaving.Add(link);
        }
        else if (IsInTurn)
        {
            _keeper.Mailbox.Post(new Invocation(now => _keeper.Detach(link, now)));
        }
        else
        {
            Invoke(now => _keeper.Detach(link, now));
        }
    }

    /// <summary>Opens a link by what the configuration says of links.</summary>
    /// <exception cref="ConfigurationException">It cannot be had.</exception>
    public GuestLink OpenLink(LinkSpecification specification) =>
        Open(specification, _configuration);

    /// <summary>Does something between two turns, and returns when it is done.</summary>
    /// <exception cref="InvalidOperationException">Called from within a turn.</exception>
    public void Invoke(Action<Instant> action)
    {
        RefuseInTurn();
        Invocation posted = new(action);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_runner is null)
            {
                posted.Run(_keeper.Reactor.Time);
                LetLeave();

                // Whoever takes turns and waits looks at the deadline again.
                _keeper.Reactor.Wake();
            }
            else
            {
                _keeper.Mailbox.Post(posted);
            }
        }

        posted.Wait();
    }

    private void RefuseInTurn()
    {
        if (IsInTurn)
        {
            throw new InvalidOperationException("this waits for the end of the turn it is in");
        }
    }

    // The end of a turn, or of what is done between two.
    private void LetLeave()
    {
        for (int i = 0; i < _leaving.Count; i++)
        {
            _keeper.Detach(_leaving[i], _keeper.Reactor.Time);
        }

        if (_leaving.Count > 0)
        {
            _leaving.Clear();
            _keeper.Reactor.Wake(); // as for what is done between turns
        }
    }
}
