using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Host;

/// <summary>
/// The worker's epoll: waits for descriptors and tells their owners. Host sockets are watched
/// edge-triggered, since peeked bytes would keep a level-triggered one ready for ever; links and
/// listeners level-triggered, since they are read in bounded batches.
/// </summary>
/// <remarks>
/// A descriptor's slot has a generation, which its token carries: an event that was already fetched
/// when the descriptor was closed, and its number given to another, is recognised and dropped.
/// </remarks>
public sealed class Reactor : IDescriptorWatcher, IDisposable
{
    private const int EventsPerWait = 256;
    private const ulong WakeToken = ulong.MaxValue;
    private const uint EdgeEvents =
        Epoll.In | Epoll.Out | Epoll.ReadHangUp | Epoll.Urgent | Epoll.EdgeTriggered;

    private readonly EpollEvents _events = new(EventsPerWait);
    private readonly int _epoll;
    private readonly int _wake;
    private readonly Func<Instant>? _clock;
    private Slot[] _slots = new Slot[64];
    private readonly Lock _wakeLock = new();
    private bool _isDisposed;
    private int _ready;

    /// <param name="clock">What time it is, for those who need it injected.</param>
    public Reactor(Func<Instant>? clock = null)
    {
        _clock = clock;
        _epoll = Epoll.Create();
        _wake = Epoll.CreateEvent();

        // Edge-triggered and never read: each write is an event of its own. Whoever reads it away
        // after he has looked for what he was woken for may read away the wake for what came since.
        if (_epoll < 0 || _wake < 0 || Epoll.Control(
            _epoll, Epoll.Add, _wake, Epoll.In | Epoll.EdgeTriggered, WakeToken) < 0)
        {
            Dispose();
            throw new IOException(
                "cannot create an epoll and an event descriptor: out of descriptors? (ulimit -n)");
        }
    }

    /// <summary>CLOCK_MONOTONIC.</summary>
    public static Instant Now() => new(TimeSpecification.MonotonicNanoseconds());

    /// <summary>What time it is here: <see cref="Now"/>, unless a clock was given.</summary>
    public Instant Time => _clock is null ? Now() : _clock();

    /// <summary>
    /// What the worker is at, for who wants to know why it takes long: read from any thread.
    /// </summary>
    public object? Handled { get; set; }

    /// <summary>Readable when there is something to dispatch.</summary>
    public int Descriptor => _epoll;

    /// <summary>Waits for events, at most so long; negative waits for ever.</summary>
    /// <returns>How many there are.</returns>
    public int Wait(long timeoutNanoseconds) =>
        _ready = Math.Max(0, Epoll.Wait(_epoll, _events, timeoutNanoseconds));

    /// <summary>
    /// Tells the owners what <see cref="Wait"/> found: the links', then the host's.
    /// </summary>
    public void Dispatch(Instant now)
    {
        DispatchLinks(now);
        DispatchHost(now);
    }

    /// <summary>The first half: what was watched by <see cref="Watch"/>.</summary>
    public void DispatchLinks(Instant now) => Dispatch(now, ofHost: false);

    /// <summary>The second half: sockets and listeners of the host.</summary>
    public void DispatchHost(Instant now)
    {
        Dispatch(now, ofHost: true);
        _ready = 0;
    }

    private void Dispatch(Instant now, bool ofHost)
    {
        for (int i = 0; i < _ready; i++)
        {
            ulong token = _events.Token(i);
            int descriptor = (int)(uint)token;
            if (token != WakeToken && descriptor < _slots.Length
                && _slots[descriptor] is { Owner: not null } slot
                && slot.IsHost == ofHost && slot.Generation == (uint)(token >> 32))
            {
                Handled = slot.Owner;
                slot.Owner.OnReady(ToReadiness(_events.Events(i)), now);
            }
        }
    }

    /// <summary>
    /// Ends a wait, from any thread; also when this is disposed, whose descriptors may be others'
    /// by then.
    /// </summary>
    public void Wake()
    {
        lock (_wakeLock)
        {
            if (!_isDisposed)
            {
                Epoll.Signal(_wake);
            }
        }
    }

    public void Watch(int descriptor, Readiness interest, IReadinessOwner owner)
    {
        uint events = ((interest & Readiness.Readable) != 0 ? Epoll.In : 0)
            | ((interest & Readiness.Writable) != 0 ? Epoll.Out : 0)
            | ((interest & Readiness.PeerClosed) != 0 ? Epoll.ReadHangUp : 0);
        Register(descriptor, events, owner, isHost: false);
    }

    public void WatchSignals(int descriptor, IReadinessOwner owner) =>
        Register(descriptor, Epoll.In | Epoll.EdgeTriggered, owner, isHost: false);

    public void Unwatch(int descriptor)
    {
        if (Forget(descriptor))
        {
            _ = Epoll.Control(_epoll, Epoll.Remove, descriptor, 0, 0);
        }
    }

    /// <summary>
    /// Closes a descriptor, which takes it out of the epoll as well. Where a process that is just
    /// being started has a copy, its events are known by their generation.
    /// </summary>
    internal void Close(int descriptor)
    {
        _ = Forget(descriptor);
        Files.Close(descriptor);
    }

    /// <returns>Whether it was watched.</returns>
    private bool Forget(int descriptor)
    {
        if (descriptor >= _slots.Length || _slots[descriptor].Owner is null)
        {
            return false;
        }

        _slots[descriptor].Owner = null;
        _slots[descriptor].Generation++;
        return true;
    }

    public void Dispose()
    {
        lock (_wakeLock)
        {
            if (!_isDisposed)
            {
                _isDisposed = true;
                CloseIfOpen(_epoll);
                CloseIfOpen(_wake);
            }
        }
    }

    /// <summary>
    /// Watches a host socket edge-triggered for everything; its first state is told too.
    /// </summary>
    internal void WatchEdges(int descriptor, IReadinessOwner owner) =>
        Register(descriptor, EdgeEvents, owner, isHost: true);

    /// <summary>
    /// The same for a new socket; NoResources where the kernel has no memory for it, or this user
    /// has as many watches as it may (epoll(7), max_user_watches).
    /// </summary>
    public HostError TryWatchEdges(int descriptor, IReadinessOwner owner) =>
        TryRegister(descriptor, EdgeEvents, owner, isHost: true) < 0
            ? HostError.NoResources : HostError.None;

    /// <summary>Watches a listener of the host, or its timer, level-triggered.</summary>
    internal void WatchListener(int descriptor, IReadinessOwner owner) =>
        Register(descriptor, Epoll.In, owner, isHost: true);

    private void Register(int descriptor, uint events, IReadinessOwner owner, bool isHost)
    {
        int result = TryRegister(descriptor, events, owner, isHost);
        if (result < 0)
        {
            throw new IOException(
                $"epoll_ctl on descriptor {descriptor} failed with errno {-result}");
        }
    }

    private int TryRegister(int descriptor, uint events, IReadinessOwner owner, bool isHost)
    {
        if (descriptor >= _slots.Length)
        {
            Array.Resize(ref _slots, Math.Max(descriptor + 1, _slots.Length * 2));
        }

        ref Slot slot = ref _slots[descriptor];
        int operation = slot.Owner is null ? Epoll.Add : Epoll.Modify;
        slot.Owner = owner;
        slot.IsHost = isHost;
        ulong token = ((ulong)slot.Generation << 32) | (uint)descriptor;
        int result = Epoll.Control(_epoll, operation, descriptor, events, token);
        if (result < 0 && operation == Epoll.Add)
        {
            slot.Owner = null; // or the number's next owner would be taken for a known one
        }

        return result;
    }

    private static void CloseIfOpen(int descriptor)
    {
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }
    }

    private static Readiness ToReadiness(uint events)
    {
        Readiness readiness = Readiness.None;
        readiness |= (events & Epoll.In) != 0 ? Readiness.Readable : 0;
        readiness |= (events & Epoll.Out) != 0 ? Readiness.Writable : 0;
        readiness |= (events & Epoll.ReadHangUp) != 0 ? Readiness.PeerClosed : 0;
        readiness |= (events & Epoll.Urgent) != 0 ? Readiness.Urgent : 0;
        readiness |= (events & (Epoll.Error | Epoll.HangUp)) != 0 ? Readiness.Error : 0;
        return readiness;
    }

    private struct Slot
    {
        public IReadinessOwner? Owner;
        public uint Generation;
        public bool IsHost;
    }
}
