using System.Numerics;

namespace Slipway.Stack;

/// <summary>
/// All timers of a worker, in a hierarchical wheel (Varghese and Lauck, 1987).
/// </summary>
/// <remarks>
/// Theory of operation. Time is cut in ticks of 1 ms. A slot of level 0 is one tick, of level n 64
/// slots of the level below. The level of an entry is that of the highest group of six bits in
/// which its tick differs from the wheel's: so all entries of a level are later than all of the
/// levels below, and the earliest slot is the first bit set in one word. When the wheel reaches a
/// slot of a higher level, the slot's entries move down. Scheduling and cancelling are O(1); each
/// entry moves at most five times. Six levels span 2.2 years; what is due later waits in the
/// farthest slot and is placed again there.
/// </remarks>
public sealed class TimerWheel
{
    private const int LevelBits = 6;
    private const int LevelCount = 6;
    private const int SlotsPerLevel = 1 << LevelBits;
    private const int FiringSlot = LevelCount * SlotsPerLevel;
    private const long TickNanoseconds = 1_000_000;
    private const long SpanTicks = 1L << (LevelBits * LevelCount);
    private const long FarthestTicks = SpanTicks - (SpanTicks >> LevelBits);

    private readonly TimerEntry?[] _heads = new TimerEntry?[FiringSlot + 1];

    // A bit for each slot of a level that holds entries.
    private readonly ulong[] _occupied = new ulong[LevelCount];

    // Entries whose slot is before this tick have fired or moved down.
    private long _tick;

    // What is scheduled while entries fire is due after this turn, so that Advance ends.
    private long _earliestTick;

    /// <summary>Scheduled entries.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// When <see cref="Advance"/> has something to do next: at the millisecond in which the first
    /// entry fires, or before it when entries must move. <see cref="Instant.Never"/> when empty.
    /// </summary>
    public Instant NextDeadline => FindNextSlot(out long tick) == FiringSlot
        ? Instant.Never : new Instant(tick * TickNanoseconds);

    /// <summary>
    /// Schedules, or schedules anew: the entry fires at the first whole millisecond that is not
    /// before <paramref name="due"/>. <see cref="Instant.Never"/> cancels.
    /// </summary>
    public void Schedule(TimerEntry entry, Instant due)
    {
        Cancel(entry);
        if (due != Instant.Never)
        {
            long tick = (due.Nanoseconds / TickNanoseconds)
                + (due.Nanoseconds % TickNanoseconds > 0 ? 1 : 0);
            entry.Due = due;
            entry.Tick = Math.Max(tick, Math.Max(_earliestTick, _tick));
            Insert(entry);
        }
    }

    /// <summary>Cancels; an entry that is not scheduled stays so.</summary>
    public void Cancel(TimerEntry entry)
    {
        if (entry.IsScheduled)
        {
            Unlink(entry);
        }
    }

    /// <summary>Fires every entry that is due, earliest millisecond first.</summary>
    public void Advance(Instant now)
    {
        long nowTick = now.Nanoseconds / TickNanoseconds;
        if (nowTick < _tick)
        {
            return;
        }

        _earliestTick = nowTick + 1;
        int slot;
        while ((slot = FindNextSlot(out long tick)) != FiringSlot && tick <= nowTick)
        {
            _tick = tick;
            if (slot < SlotsPerLevel)
            {
                Fire(slot, now);
            }
            else
            {
                MoveDown(slot);
            }
        }

        _tick = nowTick;
        _earliestTick = nowTick;
    }

    private void Fire(int slot, Instant now)
    {
        // Through a list of their own, from which an owner may still cancel its neighbours.
        MoveAll(slot);
        while (_heads[FiringSlot] is TimerEntry entry)
        {
            Unlink(entry);
            entry.Owner.OnTimer(entry, now);
        }
    }

    private void MoveDown(int slot)
    {
        MoveAll(slot);
        while (_heads[FiringSlot] is TimerEntry entry)
        {
            Unlink(entry);
            Insert(entry);
        }
    }

    private void MoveAll(int slot)
    {
        TimerEntry head = _heads[slot]!;
        TimerEntry entry = head;
        do
        {
            entry.Slot = FiringSlot;
            entry = entry.Next!;
        }
        while (entry != head);

        _heads[FiringSlot] = head;
        _heads[slot] = null;
        _occupied[slot >> LevelBits] &= ~(1ul << (slot & (SlotsPerLevel - 1)));
    }

    private void Insert(TimerEntry entry)
    {
        long tick = Math.Min(entry.Tick, _tick + FarthestTicks);
        ulong difference = (ulong)(tick ^ _tick) | 1;
        int level = Math.Min(BitOperations.Log2(difference) / LevelBits, LevelCount - 1);
        int position = (int)(tick >> (level * LevelBits)) & (SlotsPerLevel - 1);
        _occupied[level] |= 1ul << position;
        Link(entry, (level * SlotsPerLevel) + position);
    }

    private void Link(TimerEntry entry, int slot)
    {
        entry.Slot = slot;
        Count++;
        if (_heads[slot] is not TimerEntry head)
        {
            entry.Next = entry;
            entry.Previous = entry;
            _heads[slot] = entry;
            return;
        }

        entry.Next = head;
        entry.Previous = head.Previous;
        head.Previous!.Next = entry;
        head.Previous = entry;
    }

    private void Unlink(TimerEntry entry)
    {
        int slot = entry.Slot;
        Count--;
        if (entry.Next == entry)
        {
            _heads[slot] = null;
            if (slot != FiringSlot)
            {
                _occupied[slot >> LevelBits] &= ~(1ul << (slot & (SlotsPerLevel - 1)));
            }
        }
        else
        {
            entry.Previous!.Next = entry.Next;
            entry.Next!.Previous = entry.Previous;
            if (_heads[slot] == entry)
            {
                _heads[slot] = entry.Next;
            }
        }

        entry.Next = null;
        entry.Previous = null;
        entry.Slot = TimerEntry.NotScheduled;
    }

    // The occupied slot that the wheel reaches first and the tick at which it does; FiringSlot when
    // there is none.
    private int FindNextSlot(out long tick)
    {
        for (int level = 0; level < LevelCount; level++)
        {
            ulong occupied = _occupied[level];
            if (occupied == 0)
            {
                continue;
            }

            int shift = level * LevelBits;
            int current = (int)(_tick >> shift) & (SlotsPerLevel - 1);
            int ahead = BitOperations.TrailingZeroCount(
                BitOperations.RotateRight(occupied, current));
            tick = Math.Max(((_tick >> shift) + ahead) << shift, _tick);
            return (level * SlotsPerLevel) + ((current + ahead) & (SlotsPerLevel - 1));
        }

        tick = long.MaxValue;
        return FiringSlot;
    }
}
