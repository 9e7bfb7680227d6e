using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Resets that found the guest's link full: an idle guest would never ask for them again.
/// </summary>
public sealed partial class TcpLayer
{
    /// <summary>
    /// Past this many the oldest is forgotten: its guest learns of the end when it next sends.
    /// </summary>
    private const int MaximumLateResets = 1024;

    private bool _lateResetsDue;

    internal void ResetLater(
        in GuestRoute route, in FlowKey key, SequenceNumber sequence,
        SequenceNumber acknowledgment)
    {
        if (_lateResets.Count == MaximumLateResets)
        {
            _lateResets.RemoveAt(0);
            Counters.Drop(DropReason.LinkFull);
        }

        _lateResets.Add(new LateReset(route, key, sequence, acknowledgment));
    }

    private void SendLateResets()
    {
        if (!_lateResetsDue)
        {
            return;
        }

        _lateResetsDue = false;
        for (int i = _lateResets.Count - 1; i >= 0; i--)
        {
            LateReset late = _lateResets[i];
            bool isReopened = _flows.Find(late.Key) is not null;
            if (isReopened || SendBare(late.Route, late.Key, late.Sequence, late.Acknowledgment,
                TcpFlags.Reset | TcpFlags.Acknowledgment))
            {
                _lateResets.RemoveAt(i);
            }
        }
    }

    private readonly record struct LateReset(
        GuestRoute Route, FlowKey Key, SequenceNumber Sequence, SequenceNumber Acknowledgment);
}
