using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Engine;

/// <summary>
/// Clients of published ports whose guest has no address yet: they wait a few seconds for its
/// lease, and are reset then. On the keeper. Of one published port at most half of the places that
/// the others leave are taken, so that a flood to one leaves room for the rest.
/// </summary>
internal sealed class WaitingClients : ITimerOwner
{
    /// <summary>Beyond this many a client is reset at once.</summary>
    private const int Capacity = 256;

    private static readonly Duration s_patience = Duration.FromSeconds(5);
    private static readonly Duration s_interval = Duration.FromMilliseconds(50);

    private readonly KeeperWorker _keeper;
    private readonly TimerEntry _timer;
    private readonly List<Waiting> _clients = [];
    private int _count;
    private long _refused;
    private long _refusedOfShare;

    public WaitingClients(KeeperWorker keeper)
    {
        _keeper = keeper;
        _timer = new TimerEntry(this);
    }

    /// <summary>Keeps a client until there is a guest, or not for longer.</summary>
    public void Add(
        Publication publication, IHostStream stream, in IpEndpoint client, ushort guestPort,
        Instant now)
    {
        if (!HasRoomFor(publication))
        {
            Refuse(stream);
            return;
        }

        _clients.Add(new Waiting(publication, stream, client, guestPort, now + s_patience));
        Volatile.Write(ref _count, _clients.Count);
        publication.Ask(now);
        if (!_timer.IsScheduled)
        {
            _keeper.Stack.Timers.Schedule(_timer, now + s_interval);
        }
    }

    public void OnTimer(TimerEntry entry, Instant now)
    {
        for (int i = 0; i < _clients.Count;)
        {
            Waiting one = _clients[i];
            if (one.Publication.TryConnect(one.Stream, one.Client, one.GuestPort, now))
            {
                _clients.RemoveAt(i);
            }
            else if (one.Deadline <= now)
            {
                _clients.RemoveAt(i);
                Refuse(one.Stream);
            }
            else
            {
                one.Publication.Ask(now);
                i++;
            }
        }

        Volatile.Write(ref _count, _clients.Count);
        if (_clients.Count > 0)
        {
            _keeper.Stack.Timers.Schedule(_timer, now + s_interval);
        }
    }

    /// <summary>Resets the clients of a publication, or all of them.</summary>
    public void Drop(Publication? publication)
    {
        for (int i = _clients.Count - 1; i >= 0; i--)
        {
            if (publication is null || _clients[i].Publication == publication)
            {
                _clients[i].Stream.Close(reset: true);
                _clients.RemoveAt(i);
            }
        }

        Volatile.Write(ref _count, _clients.Count);
    }

    /// <summary>What waits and was refused; from any thread.</summary>
    /// <param name="clients">Null where nothing was published yet.</param>
    public static BoundReport Report(WaitingClients? clients) => new(
        "waitingClients",
        clients is null ? 0 : Volatile.Read(ref clients._count), Capacity,
        clients is null ? 0 : Volatile.Read(ref clients._refused),
        clients is null ? 0 : Volatile.Read(ref clients._refusedOfShare));

    private bool HasRoomFor(Publication publication)
    {
        int own = 0;
        foreach (Waiting one in _clients)
        {
            own += one.Publication == publication ? 1 : 0;
        }

        if (own >= Math.Max(1, (Capacity - (_clients.Count - own)) / 2))
        {
            _refusedOfShare++;
            return false;
        }

        _refused += _clients.Count == Capacity ? 1 : 0;
        return _clients.Count < Capacity;
    }

    private void Refuse(IHostStream stream)
    {
        _keeper.Counters.Drop(DropReason.NoNeighbor);
        stream.Close(reset: true);
    }

    private readonly record struct Waiting(
        Publication Publication, IHostStream Stream, IpEndpoint Client, ushort GuestPort,
        Instant Deadline);
}
