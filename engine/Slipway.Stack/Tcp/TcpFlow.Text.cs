using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// Seventh and eighth: the segment's text and FIN, on their way from guest to host.
/// </summary>
internal sealed partial class TcpFlow
{
    /// <summary>Room beyond the limit for what rounding the window to its scale adds.</summary>
    private const int WindowSlackBytes = ChunkPool.ChunkBytes;

    private SequenceNumber _receiveNext;
    private SequenceNumber _receiveEdge;
    private SequenceNumber _lastAcknowledgmentSent;
    private int _receiveLimit;
    private int _receiveScale;
    private TcpReceiveBuffer? _buffer;
    private bool _hostWritable;
    private bool _acknowledgmentPending;

    private bool _guestFinSeen;
    private SequenceNumber _guestFin;

    /// <summary>Bytes that are acknowledged to the guest and not taken by the host.</summary>
    internal int HeldBytes => _buffer?.HeldBytes ?? 0;

    /// <summary>
    /// Nothing that came before is in the way of text in order to the host, and no FIN behind it.
    /// </summary>
    private bool GoesStraight => HeldBytes == 0 && _hostWritable && !_guestFinSeen
        && _buffer is not { RangeCount: > 0 };

    private void ReceiveText(in TcpHeader header, Instant now)
    {
        ReadOnlySpan<byte> text = header.Payload;
        if (text.IsEmpty || !TcpTransitions.TakesData(State))
        {
            return;
        }

        SequenceNumber sequence = new(header.SequenceNumber);
        bool mayWait = MayWaitForAnswer(header, sequence);
        if (!mayWait)
        {
            AcknowledgeNow();
        }

        int known = _receiveNext - sequence;
        if (known > 0)
        {
            if (known >= text.Length)
            {
                return;
            }

            text = text[known..];
            sequence = _receiveNext;
        }

        int room = _receiveEdge - sequence;
        if (text.Length > room)
        {
            text = text[..room];
        }

        if (_guestFinSeen && _guestFin - sequence < text.Length)
        {
            return; // text beyond the guest's own FIN
        }

        if (_hostFailed)
        {
            _receiveNext += sequence == _receiveNext ? text.Length : 0;
        }
        else if (sequence == _receiveNext)
        {
            NoteText(now);
            Deliver(text, mayGather: (header.Flags & TcpFlags.Fin) == 0, now);
            if (mayWait && State == TcpState.Established)
            {
                HoldAcknowledgment(now);
            }
        }
        else
        {
            _layer.Fetch(text);
            Keep(text, sequence - _receiveNext);
        }
    }

    /// <summary>Text in order: to the host, and what it does not take into the buffer.</summary>
    private void Deliver(ReadOnlySpan<byte> text, bool mayGather, Instant now)
    {
        if ((mayGather && TryGather(text, now)) || !TryKeepOrder(now))
        {
            return;
        }

        _layer.Fetch(text);
        if (HeldBytes == 0 && _hostWritable)
        {
            HostIo io = _host!.Send(text);
            if (io.Error is not (HostError.None or HostError.WouldBlock))
            {
                OnHostFailed(now);
                return;
            }

            bool isTakenWhole = io.LengthBytes == text.Length;
            text = text[PassBy(io.LengthBytes, text.Length)..];
            if (isTakenWhole)
            {
                DrainToHost(now);
                return;
            }

            _hostWritable = false;
        }

        if (!text.IsEmpty)
        {
            Keep(text, 0);
        }
    }

    // What the host took of text in order may reach a range that is kept already. Then the text is
    // here as far as that range goes, and must not be kept behind it once more.
    // Returns how much of the text is with the host or in the buffer.
    private int PassBy(int takenBytes, int textBytes)
    {
        int here = takenBytes;
        if (_buffer is not null)
        {
            long before = _buffer.InOrderEnd;
            _buffer.Skip(takenBytes);
            here = (int)(_buffer.InOrderEnd - before);
        }

        _receiveNext += here;
        return Math.Min(here, textBytes);
    }

    // Not before a FIN, which would overtake it.
    private bool TryGather(ReadOnlySpan<byte> text, Instant now)
    {
        if (!GoesStraight)
        {
            return false;
        }

        _receiveNext += text.Length;
        bool isGathered = _layer.TryGather(this, text, now);
        _receiveNext -= isGathered ? 0 : text.Length;
        return isGathered;
    }

    // Sends what is gathered before text that cannot be: cut by the window, or in other memory.
    // False when the text has no place any more; where the flow lives on, the guest sends it again.
    private bool TryKeepOrder(Instant now)
    {
        SequenceNumber before = _receiveNext;
        _layer.EndGatheringOf(this, now);
        return State != TcpState.Closed && !_hostFailed && _receiveNext == before;
    }

    /// <summary>Whether a segment's text would go to the host as it comes.</summary>
    internal bool TakesStraight(in TcpHeader header) =>
        TcpTransitions.TakesData(State) && !_hostFailed && GoesStraight && IsNext(header);

    /// <summary>Whether the segment's text follows what is here.</summary>
    internal bool IsNext(in TcpHeader header) =>
        new SequenceNumber(header.SequenceNumber) == _receiveNext;

    /// <summary>
    /// Text in order of several segments, counted as received: to the host, and what it does not
    /// take into the buffer. It may lie in the guest's memory, which ends with the batch.
    /// </summary>
    internal void SendGathered(GatheredText text, Instant now)
    {
        if (!TcpTransitions.IsSynchronized(State) || _host is null || _hostFailed)
        {
            return;
        }

        HostIo io = _host.Send(text);
        if (io.Error is not (HostError.None or HostError.WouldBlock))
        {
            OnHostFailed(now);
            return;
        }

        _buffer?.Skip(io.LengthBytes);
        if (io.LengthBytes < text.LengthBytes)
        {
            _hostWritable = false;
            _receiveNext -= text.LengthBytes - io.LengthBytes;
            KeepFrom(text, io.LengthBytes);
        }

        DrainToHost(now);
    }

    // Where there is no memory for all of it, the guest sends the rest again.
    private void KeepFrom(GatheredText text, int takenBytes)
    {
        for (int i = 0; i < text.Count; i++)
        {
            ReadOnlySpan<byte> piece = text.Piece(i);
            int skipped = Math.Min(takenBytes, piece.Length);
            takenBytes -= skipped;
            piece = piece[skipped..];
            SequenceNumber before = _receiveNext;
            if (!piece.IsEmpty)
            {
                Keep(piece, 0);
            }

            if (_receiveNext - before < piece.Length)
            {
                return;
            }
        }
    }

    /// <summary>Keeps text at a distance from RCV.NXT.</summary>
    private void Keep(ReadOnlySpan<byte> text, int distance)
    {
        _buffer ??= new TcpReceiveBuffer(
            _layer.Chunks, Route.Port.Id, _receiveLimit + WindowSlackBytes);
        long before = _buffer.InOrderEnd;
        if (!_buffer.Write(before + distance, text))
        {
            _layer.Counters.Drop(DropReason.TcpReassemblyLimit);
        }

        _receiveNext += (int)(_buffer.InOrderEnd - before);
    }

    /// <summary>Gives the host what waits for it, then the guest's FIN.</summary>
    private void DrainToHost(Instant now)
    {
        if (!TcpTransitions.IsSynchronized(State) || _host is null)
        {
            return;
        }

        while (HeldBytes > 0 && _hostWritable)
        {
            ReadOnlySpan<byte> next = _buffer!.Peek();
            HostIo io = _host.Send(next);
            if (io.Error is not (HostError.None or HostError.WouldBlock))
            {
                OnHostFailed(now);
                return;
            }

            _buffer.Advance(io.LengthBytes);
            _hostWritable = io.LengthBytes == next.Length;
        }

        OfferWindow();
        PassFinToHost(now);
    }

    /// <summary>
    /// Moves the right edge of the window to the room there is, never back (RFC 9293 section
    /// 3.8.6.2), and only in steps worth a segment (silly window avoidance).
    /// </summary>
    private void OfferWindow()
    {
        if (_guestFinSeen && _receiveNext == _guestFin + 1)
        {
            return; // it has nothing more to send
        }

        bool isShort = Route.Port is IGuestPort port && _layer.Chunks.IsUnderPressure(port.Id);
        int limit = isShort ? Math.Min(_receiveLimit, 64 * 1024) : _receiveLimit;
        SequenceNumber edge = _receiveNext + Math.Max(limit - HeldBytes, 0);
        int gain = edge - _receiveEdge;
        if (gain >= Math.Min(limit / 2, _layer.MaximumSegmentBytes(Key.Guest.Address)))
        {
            bool wasNearlyClosed = _receiveEdge - _receiveNext < limit / 2;
            _receiveEdge = edge;
            if (wasNearlyClosed)
            {
                AcknowledgeNow();
            }
        }
    }

    private void ReceiveFin(in TcpHeader header, Instant now)
    {
        if (State == TcpState.Closed)
        {
            return; // the host failed on this segment's text
        }

        if ((header.Flags & TcpFlags.Fin) != 0 && !_guestFinSeen && TcpTransitions.TakesData(State))
        {
            SequenceNumber fin = new SequenceNumber(header.SequenceNumber) + header.Payload.Length;
            if (fin >= _receiveNext && fin <= _receiveEdge)
            {
                _guestFinSeen = true;
                _guestFin = fin;

                // A guest that contradicts itself has sent text behind it.
                _buffer?.EndAt(_buffer.InOrderEnd + (fin - _receiveNext));
            }

            AcknowledgeNow();
        }

        TakeFinInOrder(now);
    }

    /// <summary>The guest's FIN counts when all text before it is here.</summary>
    private void TakeFinInOrder(Instant now)
    {
        if (!_guestFinSeen || _receiveNext != _guestFin || !TcpTransitions.TakesData(State))
        {
            return;
        }

        _receiveNext += 1;
        _receiveEdge = SequenceNumber.Max(_receiveEdge, _receiveNext);
        Transition(TcpEvent.FinArrives);
        AcknowledgeNow();
        PassFinToHost(now);
        if (State == TcpState.TimeWait)
        {
            EnterTimeWait(now);
        }
        else if (State == TcpState.CloseWait)
        {
            _lifetimeDeadline = Instant.Never;
        }
    }

    /// <summary>
    /// Shuts the host's stream down for sending when the guest's FIN and all before it went.
    /// </summary>
    private void PassFinToHost(Instant now)
    {
        bool finInOrder = _guestFinSeen && _receiveNext == _guestFin + 1;
        if (!finInOrder || _hostShutdownSent || _hostFailed || HeldBytes > 0 || _host is null)
        {
            return;
        }

        _hostShutdownSent = true;
        if (State == TcpState.TimeWait)
        {
            CloseHostWhenDone(); // closing sends it
            return;
        }

        HostError error = _host.ShutdownSend();
        if (error != HostError.None)
        {
            OnHostFailed(now);
            return;
        }

        CloseHostWhenDone();
    }
}
