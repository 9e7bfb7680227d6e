using System.Diagnostics;

namespace Slipway.Stack;

/// <summary>
/// A bounded table that knows the order in which its entries were touched, so that the idlest can
/// make room. One thread. Grows lazily, and allocates nothing at its capacity.
/// </summary>
/// <remarks>
/// Entries live in one array and are named by their index, which stays while the entry does.
/// Buckets are chains of indices; the order is a doubly linked list of indices.
/// </remarks>
internal sealed class LruTable<TKey, TValue>
    where TKey : struct, IEquatable<TKey>
{
    /// <summary>Names no entry.</summary>
    public const int None = -1;

    private const int InitialEntries = 4;

    private readonly int _capacity;
    private readonly Func<TKey, ulong> _hash;
    private readonly GuestQueue<int>? _guests;
    private Entry[] _entries = [];

    // Index of a bucket's first entry plus one, so that fresh memory is empty buckets.
    private int[] _buckets = [];
    private int _used;
    private int _free = None;

    public LruTable(int capacity, Func<TKey, ulong> hash)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _hash = hash;
    }

    /// <summary>A table whose entries are guests', and whose room they share.</summary>
    public LruTable(GuestQueue<int> guests, Func<TKey, ulong> hash)
        : this(guests.Most, hash) => _guests = guests;

    public int Count { get; private set; }

    /// <summary>
    /// Indices below this have been used; the value of a removed entry is the default one.
    /// </summary>
    public int UsedLength => _used;

    public bool IsFull => Count == _capacity;

    /// <summary>The entry that was touched longest ago, or None.</summary>
    public int Oldest { get; private set; } = None;

    /// <summary>The entry that was touched last, or None.</summary>
    public int Newest { get; private set; } = None;

    /// <summary>The entry that was touched next after this one, or None.</summary>
    public int Newer(int index) => _entries[index].Newer;

    public TKey KeyAt(int index) => _entries[index].Key;

    /// <summary>The entry's value; the reference is good until the next Add.</summary>
    public ref TValue ValueAt(int index) => ref _entries[index].Value;

    /// <summary>The index of a key, or None.</summary>
    public int Find(TKey key)
    {
        if (Count == 0)
        {
            return None;
        }

        uint hash = (uint)_hash(key);
        int next;
        for (int index = BucketOf(hash) - 1; index >= 0; index = next)
        {
            ref Entry entry = ref _entries[index];
            next = entry.Next;
            if (entry.Hash == hash && entry.Key.Equals(key))
            {
                return index;
            }
        }

        return None;
    }

    /// <summary>Adds a key that is not there, as the newest. The table must not be full.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="link">Whose it is, where guests share the table.</param>
    public int Add(TKey key, TValue value, int link = 0)
    {
        Debug.Assert(!IsFull, "an entry was added to a full table");
        int index = _free;
        if (index != None)
        {
            _free = _entries[index].Next;
        }
        else
        {
            if (_used == _entries.Length)
            {
                Grow();
            }

            index = _used++;
        }

        ref Entry entry = ref _entries[index];
        entry.Key = key;
        entry.Value = value;
        entry.Hash = (uint)_hash(key);
        entry.Place = _guests?.Add(link, index) ?? None;
        LinkBucket(index);
        LinkNewest(index);
        Count++;
        return index;
    }

    /// <summary>
    /// The entry that has to make room before a guest may have one more; None where there is room.
    /// </summary>
    public int FindVictim(int link) =>
        _guests!.FindVictim(link) is >= 0 and int place ? _guests.At(place) : None;

    /// <summary>Makes room for one more entry of a guest's.</summary>
    public void MakeRoomFor(int link)
    {
        if (FindVictim(link) is >= 0 and int victim)
        {
            RemoveAt(victim);
        }
    }

    /// <summary>Removes all entries whose value is such.</summary>
    public void RemoveWhere(Predicate<TValue> isSuch)
    {
        for (int index = Oldest; index != None;)
        {
            int newer = Newer(index);
            if (isSuch(_entries[index].Value))
            {
                RemoveAt(index);
            }

            index = newer;
        }
    }

    /// <summary>Makes an entry the newest.</summary>
    public void Touch(int index)
    {
        _guests?.Touch(_entries[index].Place);
        Renew(index);
    }

    /// <summary>The same, and the entry is that guest's from here on.</summary>
    public void Touch(int index, int link)
    {
        _guests!.Touch(_entries[index].Place, link);
        Renew(index);
    }

    public void RemoveAt(int index)
    {
        ref Entry entry = ref _entries[index];
        ref int bucket = ref BucketOf(entry.Hash);
        if (bucket - 1 == index)
        {
            bucket = entry.Next + 1;
        }
        else
        {
            int before = bucket - 1;
            while (_entries[before].Next != index)
            {
                before = _entries[before].Next;
            }

            _entries[before].Next = entry.Next;
        }

        UnlinkOrder(index);
        _guests?.Remove(entry.Place);
        entry.Key = default;
        entry.Value = default!;
        entry.Next = _free;
        _free = index;
        Count--;
    }

    private void Renew(int index)
    {
        if (index != Newest)
        {
            UnlinkOrder(index);
            LinkNewest(index);
        }
    }

    private ref int BucketOf(uint hash) => ref _buckets[hash & (uint)(_buckets.Length - 1)];

    private void LinkBucket(int index)
    {
        ref Entry entry = ref _entries[index];
        ref int bucket = ref BucketOf(entry.Hash);
        entry.Next = bucket - 1;
        bucket = index + 1;
    }

    private void LinkNewest(int index)
    {
        ref Entry entry = ref _entries[index];
        entry.Older = Newest;
        entry.Newer = None;
        if (Newest != None)
        {
            _entries[Newest].Newer = index;
        }
        else
        {
            Oldest = index;
        }

        Newest = index;
    }

    private void UnlinkOrder(int index)
    {
        ref Entry entry = ref _entries[index];
        if (entry.Older != None)
        {
            _entries[entry.Older].Newer = entry.Newer;
        }
        else
        {
            Oldest = entry.Newer;
        }

        if (entry.Newer != None)
        {
            _entries[entry.Newer].Older = entry.Older;
        }
        else
        {
            Newest = entry.Older;
        }
    }

    // As many buckets as entries, a power of two; a grown table has no free entries to link.
    private void Grow()
    {
        int length = Math.Max(_entries.Length * 2, InitialEntries);
        Array.Resize(ref _entries, length);
        _buckets = new int[length];
        for (int index = Oldest; index != None; index = _entries[index].Newer)
        {
            LinkBucket(index);
        }
    }

    private struct Entry
    {
        public TKey Key;
        public TValue Value;
        public uint Hash;
        public int Place;
        public int Next;
        public int Newer;
        public int Older;
    }
}
