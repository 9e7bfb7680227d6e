namespace Slipway.Stack;

/// <summary>One timer, made once with its owner and scheduled as often as wanted.</summary>
public class TimerEntry(ITimerOwner owner)
{
    internal const int NotScheduled = -1;

    // A ring: the head's previous entry is the last one. Both are null while not scheduled.
    internal TimerEntry? Next;
    internal TimerEntry? Previous;

    // The list of the wheel that holds the entry.
    internal int Slot = NotScheduled;

    // The millisecond in which it fires: that of Due, or a later one if that had passed already.
    internal long Tick;

    internal ITimerOwner Owner => owner;

    public bool IsScheduled => Slot != NotScheduled;

    /// <summary>When it was scheduled for; meaningful while <see cref="IsScheduled"/>.</summary>
    public Instant Due { get; internal set; }
}
