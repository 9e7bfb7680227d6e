namespace Slipway.Stack;

/// <summary>
/// What guests have of a bound, each guest's in the order in which it was touched: where there is
/// no room, the guest that has too much gives up what it has touched longest ago.
/// </summary>
/// <remarks>
/// Everything takes the same time however much there is, but for finding who has most, which looks
/// at each guest. Entries are named by their place, which stays while the entry does. Grows
/// lazily, and allocates nothing once it has grown.
/// </remarks>
internal sealed class GuestQueue<T> : GuestBound
{
    /// <summary>Names no place.</summary>
    public const int None = -1;

    private const int InitialEntries = 4;

    // By the number of a link: where its guest is in _guests. Those without entries are not there.
    private readonly Dictionary<int, int> _byLink = [];
    private Entry[] _entries = [];
    private Guest[] _guests = [];
    private int _usedEntries;
    private int _usedGuests;
    private int _freeEntry = None;
    private int _freeGuest = None;

    public GuestQueue(
        GuestShares shares, StackLimits limits, string name, int most, int keptFree = 0)
        : base(shares, limits, name, most, keptFree)
    {
    }

    public T At(int place) => _entries[place].Value;

    /// <summary>Entries of a guest.</summary>
    public int CountOf(int link) =>
        _byLink.TryGetValue(link, out int guest) ? _guests[guest].Count : 0;

    /// <summary>A guest's entry that was touched longest ago; None where it has none.</summary>
    public int OldestOf(int link) =>
        _byLink.TryGetValue(link, out int guest) ? _guests[guest].Oldest : None;

    /// <summary>
    /// The entry that has to make room before a guest may have one more; None where there is room,
    /// and where the guest has its share and nothing of it here. What makes room is counted.
    /// </summary>
    public int FindVictim(int link)
    {
        bool isAtShare = IsAtShare(CountOf(link));
        if (!isAtShare && !IsFull)
        {
            return None;
        }

        CountRefused(isAtShare);
        return isAtShare ? OldestOf(link) : OldestOfLargest();
    }

    /// <summary>The oldest entry of the guest that has most; None where there is none.</summary>
    public int OldestOfLargest()
    {
        int largest = None;
        for (int i = 0; i < _usedGuests; i++)
        {
            if (_guests[i].Count > 0
                && (largest == None || _guests[i].Count > _guests[largest].Count))
            {
                largest = i;
            }
        }

        return largest == None ? None : _guests[largest].Oldest;
    }

    /// <summary>Adds an entry of a guest's, as its newest.</summary>
    public int Add(int link, T value)
    {
        int place = _freeEntry;
        if (place != None)
        {
            _freeEntry = _entries[place].Newer;
        }
        else
        {
            if (_usedEntries == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(_entries.Length * 2, InitialEntries));
            }

            place = _usedEntries++;
        }

        _entries[place].Value = value;
        _entries[place].Guest = GuestOf(link);
        Link(place);
        Count(1);
        return place;
    }

    /// <summary>Makes an entry its guest's newest.</summary>
    public void Touch(int place)
    {
        if (_entries[place].Newer != None)
        {
            Unlink(place);
            Link(place);
        }
    }

    /// <summary>The same, and the entry is the guest's of that link from here on.</summary>
    public void Touch(int place, int link)
    {
        int guest = _entries[place].Guest;
        if (_guests[guest].Link == link)
        {
            Touch(place);
            return;
        }

        Unlink(place);
        Forget(guest);
        _entries[place].Guest = GuestOf(link);
        Link(place);
    }

    public void Remove(int place)
    {
        int guest = _entries[place].Guest;
        Unlink(place);
        Forget(guest);
        _entries[place].Value = default!;
        _entries[place].Newer = _freeEntry;
        _freeEntry = place;
        Count(-1);
    }

    /// <summary>A guest's next entry in the order of being touched; None behind the last.</summary>
    public int Newer(int place) => _entries[place].Newer;

    private int GuestOf(int link)
    {
        if (_byLink.TryGetValue(link, out int guest))
        {
            return guest;
        }

        guest = _freeGuest;
        if (guest != None)
        {
            _freeGuest = _guests[guest].Newest;
        }
        else
        {
            if (_usedGuests == _guests.Length)
            {
                Array.Resize(ref _guests, Math.Max(_guests.Length * 2, InitialEntries));
            }

            guest = _usedGuests++;
        }

        _guests[guest] = new Guest { Link = link, Oldest = None, Newest = None };
        _byLink.Add(link, guest);
        return guest;
    }

    // A guest without entries is not held.
    private void Forget(int guest)
    {
        ref Guest one = ref _guests[guest];
        if (one.Count == 0)
        {
            _byLink.Remove(one.Link);
            one.Newest = _freeGuest;
            _freeGuest = guest;
        }
    }

    private void Link(int place)
    {
        ref Entry entry = ref _entries[place];
        ref Guest guest = ref _guests[entry.Guest];
        entry.Older = guest.Newest;
        entry.Newer = None;
        if (guest.Newest != None)
        {
            _entries[guest.Newest].Newer = place;
        }
        else
        {
            guest.Oldest = place;
        }

        guest.Newest = place;
        guest.Count++;
    }

    private void Unlink(int place)
    {
        ref Entry entry = ref _entries[place];
        ref Guest guest = ref _guests[entry.Guest];
        if (entry.Older != None)
        {
            _entries[entry.Older].Newer = entry.Newer;
        }
        else
        {
            guest.Oldest = entry.Newer;
        }

        if (entry.Newer != None)
        {
            _entries[entry.Newer].Older = entry.Older;
        }
        else
        {
            guest.Newest = entry.Older;
        }

        guest.Count--;
    }

    private struct Entry
    {
        public T Value;
        public int Guest;
        public int Newer;
        public int Older;
    }

    // One that is free is chained by Newest.
    private struct Guest
    {
        public int Link;
        public int Count;
        public int Oldest;
        public int Newest;
    }
}
