using Slipway.Stack;

namespace Slipway.Services;

/// <summary>Counts what is outstanding, in all and for each guest, against two bounds.</summary>
/// <remarks>
/// A guest is its link, by the number of its port on the switch: it can have any number of
/// addresses, and they are one guest.
/// </remarks>
/// <param name="name">What is bounded, for reports.</param>
/// <param name="max">Of all guests.</param>
/// <param name="maxPerGuest">Of one.</param>
public sealed class GuestQuota(string name, int max, int maxPerGuest)
{
    // Guests without anything outstanding are not held, so that there are at most `max` of them.
    private readonly Dictionary<int, int> _byGuest = [];
    private readonly Lock _lock = new();
    private int _count;
    private long _refused;
    private long _refusedOfShare;

    /// <summary>Held for some tens of nanoseconds; the worker may call it.</summary>
    public bool TryEnter(int link)
    {
        lock (_lock)
        {
            int own = _byGuest.GetValueOrDefault(link);
            if (own >= maxPerGuest)
            {
                _refusedOfShare++;
                return false;
            }

            if (_count >= max)
            {
                _refused++;
                return false;
            }

            _count++;
            _byGuest[link] = own + 1;
            return true;
        }
    }

    /// <summary>What is in use and was refused; from any thread.</summary>
    public BoundReport Report()
    {
        lock (_lock)
        {
            return new BoundReport(name, _count, max, _refused, _refusedOfShare);
        }
    }

    public void Leave(int link)
    {
        lock (_lock)
        {
            _count--;
            int own = _byGuest[link] - 1;
            if (own == 0)
            {
                _byGuest.Remove(link);
            }
            else
            {
                _byGuest[link] = own;
            }
        }
    }
}
