using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// The acknowledgment of a small message may wait for what the host answers, to go along with it
/// (RFC 9293 section 3.8.6.3).
/// </summary>
/// <remarks>
/// One small message at a time, of a guest whose last one was answered at once. A guest that sends
/// a request in two pieces and waits for the first one's acknowledgment in between (Nagle) must not
/// be made to wait each time: such an answer is to two messages and counts for nothing, and a flow
/// that has been waited for in vain a few times is not waited for again.
/// </remarks>
internal sealed partial class TcpFlow
{
    /// <summary>How often a flow is waited for in vain.</summary>
    private const int MostMisses = 3;

    /// <summary>
    /// How long an acknowledgment waits: longer than a host on the same machine or network takes,
    /// and little to a guest that waits for it.
    /// </summary>
    private static readonly Duration AcknowledgmentDelay = Duration.FromMilliseconds(10);

    private Instant _acknowledgeDeadline = Instant.Never;
    private Instant _textAt;
    private bool _isInteractive = true;
    private byte _messages;
    private byte _misses;

    private bool MayWaitForAnswer(in TcpHeader header, SequenceNumber sequence) =>
        _isInteractive && _acknowledgeDeadline == Instant.Never && State == TcpState.Established
        && sequence == _receiveNext
        && header.Payload.Length < _layer.MaximumSegmentBytes(Key.Guest.Address) / 2
        && header.Payload.Length <= _receiveEdge - sequence
        && (header.Flags & (TcpFlags.Push | TcpFlags.Fin)) == TcpFlags.Push
        && GoesStraight && !_hostFailed;

    private void HoldAcknowledgment(Instant now)
    {
        _acknowledgeDeadline = now + AcknowledgmentDelay;
        ArmTimer(_acknowledgeDeadline);
    }

    private void NoteText(Instant now)
    {
        _textAt = now;
        _messages += _messages < 2 ? (byte)1 : (byte)0;
    }

    /// <summary>Bytes go to the guest that it had not before.</summary>
    private void NoteAnswer(Instant now)
    {
        _isInteractive |= _messages == 1 && _misses < MostMisses
            && now - _textAt <= AcknowledgmentDelay;
        _messages = 0;
    }

    private void OnAcknowledgmentDue()
    {
        _acknowledgeDeadline = Instant.Never;
        _isInteractive = false;
        _misses += _misses < MostMisses ? (byte)1 : (byte)0;
        AcknowledgeNow();
    }
}
