using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>Asking for guests that have not been heard.</summary>
public sealed partial class NeighborTable
{
    private const int Attempts = 3;
    private const int ResolutionLimit = 256;

    private static readonly Duration RetryInterval = Duration.FromSeconds(1);

    // All ports are asked, three times a second apart.
    public void Resolve(IpAddress guest, INeighborWaiter waiter, Instant now)
    {
        if (TryFind(guest, out GuestRoute route))
        {
            waiter.OnNeighborResolved(guest, route, now);
            return;
        }

        int index = _resolutions.Find(guest);
        if (index >= 0)
        {
            _resolutions.ValueAt(index).AddWaiter(waiter);
            return;
        }

        if (_resolutions.IsFull)
        {
            _counters.Drop(DropReason.NoNeighbor);
            waiter.OnNeighborFailed(guest, now);
            return;
        }

        Resolution resolution = _spareResolutions.TryPop(out Resolution? spare)
            ? spare : new Resolution(this);
        resolution.Begin(guest, waiter);
        _resolutions.Add(guest, resolution);
        OnResolutionDue(resolution, now);
    }

    /// <summary>Asks a guest whether it lives, by one of its addresses.</summary>
    /// <returns>False if it has none here.</returns>
    public bool Ask(in GuestRoute guest)
    {
        for (int at = _neighbors.Oldest; at >= 0; at = _neighbors.Newer(at))
        {
            Neighbor neighbor = _neighbors.ValueAt(at);
            if (neighbor.Mac == guest.Mac && neighbor.Port == guest.Port)
            {
                Ask(guest, _neighbors.KeyAt(at));
                return true;
            }
        }

        return false;
    }

    private void Ask(in GuestRoute guest, IpAddress address)
    {
        if (!address.IsIPv4)
        {
            NeighborDiscovery.Solicit(_output, _settings, guest, address);
            return;
        }

        Span<byte> packet = stackalloc byte[ArpPacket.LengthBytes];
        ArpPacket.Write(
            packet, ArpOperation.Request, _settings.GatewayMac, _settings.Gateway, default,
            address);
        _output.SendFrame(guest, EtherType.Arp, packet);
    }

    private void OnResolutionDue(Resolution resolution, Instant now)
    {
        if (resolution.AttemptsMade == Attempts)
        {
            _counters.Drop(DropReason.NoNeighbor);
            End(_resolutions.Find(resolution.Address), null, now);
            return;
        }

        resolution.AttemptsMade++;
        _timers.Schedule(resolution.Timer, now + RetryInterval);
        for (int i = 0; i < _ports.Count; i++)
        {
            Ask(new GuestRoute(_ports[i], MacAddress.Broadcast), resolution.Address);
        }
    }

    private void Resolved(IpAddress guest, GuestRoute route, Instant now)
    {
        int index = _resolutions.Find(guest);
        if (index >= 0)
        {
            End(index, route, now);
        }
    }

    private void End(int index, GuestRoute? route, Instant now)
    {
        Resolution resolution = _resolutions.ValueAt(index);
        _resolutions.RemoveAt(index);
        _timers.Cancel(resolution.Timer);

        // A waiter may ask for the next guest in here: this resolution is not spare until the end.
        foreach (INeighborWaiter waiter in resolution.Waiters)
        {
            if (route is GuestRoute found)
            {
                waiter.OnNeighborResolved(resolution.Address, found, now);
            }
            else
            {
                waiter.OnNeighborFailed(resolution.Address, now);
            }
        }

        resolution.Waiters.Clear();
        _spareResolutions.Push(resolution);
    }

    private sealed class Resolution : ITimerOwner
    {
        private readonly NeighborTable _table;

        public Resolution(NeighborTable table)
        {
            _table = table;
            Timer = new TimerEntry(this);
        }

        public TimerEntry Timer { get; }

        public IpAddress Address { get; private set; }

        public List<INeighborWaiter> Waiters { get; } = [];

        public int AttemptsMade { get; set; }

        public void Begin(IpAddress address, INeighborWaiter waiter)
        {
            Address = address;
            AttemptsMade = 0;
            Waiters.Add(waiter);
        }

        public void AddWaiter(INeighborWaiter waiter)
        {
            if (!Waiters.Contains(waiter))
            {
                Waiters.Add(waiter);
            }
        }

        public void OnTimer(TimerEntry entry, Instant now) => _table.OnResolutionDue(this, now);
    }
}
