using Slipway.Wire;

namespace Slipway.Services;

/// <summary>Counts what is outstanding, in all and for each guest, against two bounds.</summary>
public sealed class GuestQuota(int max, int maxPerGuest)
{
    // Guests without anything outstanding are not held, so that there are at most `max` of them.
    private readonly Dictionary<IpAddress, int> _byGuest = [];
    private readonly Lock _lock = new();
    private int _count;

    /// <summary>Held for some tens of nanoseconds; the worker may call it.</summary>
    public bool TryEnter(IpAddress guest)
    {
        lock (_lock)
        {
            int own = _byGuest.GetValueOrDefault(guest);
            if (_count >= max || own >= maxPerGuest)
            {
                return false;
            }

            _count++;
            _byGuest[guest] = own + 1;
            return true;
        }
    }

    public void Leave(IpAddress guest)
    {
        lock (_lock)
        {
            _count--;
            int own = _byGuest[guest] - 1;
            if (own == 0)
            {
                _byGuest.Remove(guest);
            }
            else
            {
                _byGuest[guest] = own;
            }
        }
    }
}
