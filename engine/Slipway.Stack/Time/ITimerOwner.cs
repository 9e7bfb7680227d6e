namespace Slipway.Stack;

/// <summary>Who is told when a timer is due.</summary>
public interface ITimerOwner
{
    /// <summary>
    /// Called once for each time that the entry was scheduled; it may be scheduled again here, and
    /// others may be scheduled or cancelled.
    /// </summary>
    void OnTimer(TimerEntry entry, Instant now);
}
