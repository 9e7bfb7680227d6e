namespace Slipway.Stack;

/// <summary>
/// Finds a flow by its key. One thread writes; any thread reads without a lock and without making
/// the writer wait.
/// </summary>
/// <remarks>
/// Theory of operation. Open addressing with linear probing at a load of at most three quarters;
/// a removal shifts the entries behind it back, so that no tombstones pile up and nothing is ever
/// rehashed in steady state. The table doubles until its capacity is reached, since an engine that
/// idles shall stay small. Readers are guarded by a sequence counter: the writer makes it odd,
/// changes entries, and makes it even again (release). A reader that finds it changed after its
/// look (acquire) has seen a mixture of two states and looks again.
/// </remarks>
/// <typeparam name="TFlow">
/// The flow; it outlives its removal where a reader still holds it.
/// </typeparam>
public sealed class FlowTable<TFlow>
    where TFlow : class
{
    private const int InitialSlots = 16;
    private const int CopyAttempts = 8;

    private readonly int _capacity;
    private readonly KeyHash _hash;
    private Slot[] _slots = new Slot[InitialSlots];
    private uint _sequence;
    private int _count;

    /// <param name="capacity">Flows at most.</param>
    /// <param name="seed">Keys the hash.</param>
    public FlowTable(int capacity, Seed128 seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _hash = new KeyHash(seed);
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Adds a flow; false when the key is there already or the table is full. Writer only.
    /// </summary>
    public bool TryAdd(in FlowKey key, TFlow flow)
    {
        uint hash = (uint)_hash.Of(key);
        if (_count >= _capacity || IndexOf(_slots, hash, key) >= 0)
        {
            return false;
        }

        if ((_count + 1) * 4 > _slots.Length * 3)
        {
            Grow();
        }

        Slot[] slots = _slots;
        int mask = slots.Length - 1;
        int index = (int)hash & mask;
        while (slots[index].Flow is not null)
        {
            index = (index + 1) & mask;
        }

        BeginWrite();
        slots[index] = new Slot { Hash = hash, Key = key, Flow = flow };
        EndWrite();
        Volatile.Write(ref _count, _count + 1);
        return true;
    }

    /// <summary>The flow of a key, or null. Any thread.</summary>
    public TFlow? Find(in FlowKey key)
    {
        uint hash = (uint)_hash.Of(key);
        SpinWait spin = default;
        while (true)
        {
            uint before = Volatile.Read(ref _sequence);
            if ((before & 1) == 0)
            {
                Slot[] slots = Volatile.Read(ref _slots);
                int index = IndexOf(slots, hash, key);
                TFlow? flow = index >= 0 ? slots[index].Flow : null;
                Volatile.ReadBarrier();
                if (_sequence == before)
                {
                    return flow;
                }
            }

            spin.SpinOnce();
        }
    }

    /// <summary>Removes a key; false when it is not there. Writer only.</summary>
    public bool Remove(in FlowKey key)
    {
        Slot[] slots = _slots;
        int mask = slots.Length - 1;
        int hole = IndexOf(slots, (uint)_hash.Of(key), key);
        if (hole < 0)
        {
            return false;
        }

        BeginWrite();
        for (int index = Next(hole); slots[index].Flow is not null; index = Next(index))
        {
            // An entry may move back to the hole unless its own place lies behind the hole.
            int home = (int)slots[index].Hash & mask;
            if (((index - home) & mask) >= ((index - hole) & mask))
            {
                slots[hole] = slots[index];
                hole = index;
            }
        }

        slots[hole] = default;
        EndWrite();
        Volatile.Write(ref _count, _count - 1);
        return true;

        int Next(int index) => (index + 1) & mask;
    }

    /// <summary>
    /// Copies flows, as many as fit, and returns their number. Any thread. A copy that the writer
    /// disturbs again and again is taken as it is: it may then miss or repeat flows that moved.
    /// </summary>
    public int CopyTo(Span<TFlow?> destination)
    {
        int copied = 0;
        for (int attempt = 0; attempt < CopyAttempts; attempt++)
        {
            uint before = Volatile.Read(ref _sequence);
            copied = CopyOnce(Volatile.Read(ref _slots), destination);
            Volatile.ReadBarrier();
            if ((before & 1) == 0 && _sequence == before)
            {
                break;
            }
        }

        return copied;
    }

    private static int CopyOnce(Slot[] slots, Span<TFlow?> destination)
    {
        int copied = 0;
        for (int i = 0; i < slots.Length && copied < destination.Length; i++)
        {
            if (slots[i].Flow is TFlow flow)
            {
                destination[copied++] = flow;
            }
        }

        return copied;
    }

    private static int IndexOf(Slot[] slots, uint hash, in FlowKey key)
    {
        int mask = slots.Length - 1;
        int index = (int)hash & mask;

        // Bounded: a reader may see a table in the middle of a change, without an empty slot.
        for (int probes = 0; probes <= mask; probes++)
        {
            ref readonly Slot slot = ref slots[index];
            if (slot.Flow is null)
            {
                return -1;
            }

            if (slot.Hash == hash && slot.Key == key)
            {
                return index;
            }

            index = (index + 1) & mask;
        }

        return -1;
    }

    private void Grow()
    {
        Slot[] slots = new Slot[_slots.Length * 2];
        int mask = slots.Length - 1;
        foreach (ref readonly Slot slot in _slots.AsSpan())
        {
            if (slot.Flow is not null)
            {
                int index = (int)slot.Hash & mask;
                while (slots[index].Flow is not null)
                {
                    index = (index + 1) & mask;
                }

                slots[index] = slot;
            }
        }

        BeginWrite();
        Volatile.Write(ref _slots, slots);
        EndWrite();
    }

    private void BeginWrite()
    {
        _sequence++;
        Volatile.WriteBarrier();
    }

    private void EndWrite() => Volatile.Write(ref _sequence, _sequence + 1);

    private struct Slot
    {
        public uint Hash;
        public FlowKey Key;
        public TFlow? Flow;
    }
}
