using Slipway.Services;
using Slipway.Stack;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Simulation;

/// <summary>
/// The host's resolver: what it says of a name, and when, is the name's (<see cref="SimName"/>).
/// Asked from any thread; answers on the world's, one at a time.
/// </summary>
internal sealed class SimResolver(FakeClock clock, IEnumerable<SimName> names) : IAddressLookup
{
    private readonly Dictionary<string, SimName> _names =
        names.ToDictionary(name => name.Text, StringComparer.Ordinal);

    private readonly List<Lookup> _pending = [];
    private readonly Lock _lock = new();
    private int _started;

    /// <summary>Lookups that wait for their answer.</summary>
    public int PendingCount
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Lookups so far.</summary>
    public int StartedCount => Volatile.Read(ref _started);

    public bool IsDisposed { get; private set; }

    public Instant NextDue
    {
        get
        {
            lock (_lock)
            {
                return _pending.Aggregate(
                    Instant.Never, (next, lookup) => Instant.Min(next, lookup.Due));
            }
        }
    }

    public async Task<LocalName?> FindAsync(
        byte[] name, bool ipv4, int link, TimeSpan deadline, CancellationToken stop)
    {
        SimName asked = _names[DomainName.Format(name)];
        Lookup lookup = new(
            asked, ipv4, asked.Hangs ? Instant.Never : clock.Now + asked.Delay);
        await using CancellationTokenRegistration registration = stop.Register(
            () => End(lookup, null));
        lock (_lock)
        {
            _pending.Add(lookup);
            _started++;
        }

        if (stop.IsCancellationRequested)
        {
            End(lookup, null);
        }

        return await lookup.Answer.Task.ConfigureAwait(false);
    }

    /// <summary>Gives the answer that is due longest; false where none is.</summary>
    public bool AnswerOne()
    {
        Lookup? due;
        lock (_lock)
        {
            due = _pending.MinBy(lookup => lookup.Due.Nanoseconds);
        }

        if (due is null || due.Due > clock.Now)
        {
            return false;
        }

        End(due, due.Name.Answer(due.IPv4));
        return true;
    }

    public void Dispose() => IsDisposed = true;

    private void End(Lookup lookup, LocalName? answer)
    {
        lock (_lock)
        {
            if (_pending.Remove(lookup))
            {
                lookup.Answer.SetResult(answer);
            }
        }
    }

    private sealed record Lookup(SimName Name, bool IPv4, Instant Due)
    {
        public TaskCompletionSource<LocalName?> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
