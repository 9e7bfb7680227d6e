using System.Runtime.CompilerServices;

namespace Slipway.Links;

/// <summary>
/// The consumer's side of a shared ring (<see cref="SharedRingLayout"/>). The producer is not
/// trusted: each word of its is read once, checked and then used, and what was written here is
/// never read back.
/// </summary>
internal sealed unsafe class SharedRingReader
{
    private readonly SharedRingControl _control;
    private readonly byte* _ring;
    private readonly ulong _size;

    // Taken up to _head, of which the producer knows up to _published; there up to _seen.
    private ulong _head;
    private ulong _published;
    private ulong _seen;
    private uint _recordBytes;

    internal SharedRingReader(byte* control, byte* ring, ulong sizeBytes)
    {
        _control = new SharedRingControl(control);
        _ring = ring;
        _size = sizeBytes;
    }

    /// <summary>The producer broke the rules: nothing is taken any more.</summary>
    internal bool IsFaulty { get; private set; }

    /// <summary>
    /// Behind what was released; may be set back to where it was, if that is not published.
    /// </summary>
    internal ulong Position
    {
        get => _head;
        set => _head = value;
    }

    /// <summary>The next record's header and frame, good until they are published.</summary>
    /// <returns>False when the ring is empty, or faulty.</returns>
    internal bool TryPeek(out BufferSegment record)
    {
        record = default;
        while (!IsFaulty && (_head != _seen || Look()))
        {
            ulong place = _head & (_size - 1);
            ulong toEnd = _size - place;
            uint length = Volatile.Read(ref Unsafe.AsRef<uint>(_ring + place));
            ulong bytes = length == SharedRingLayout.Skip
                ? toEnd : SharedRingLayout.RecordBytes(length);
            if (bytes > _seen - _head || bytes > toEnd || length == 0)
            {
                IsFaulty = true;
                return false;
            }

            if (length != SharedRingLayout.Skip)
            {
                _recordBytes = (uint)bytes;
                record = new BufferSegment(
                    _ring + place + SharedRingLayout.RecordHeaderBytes, (int)length);
                return true;
            }

            _head += bytes;
        }

        return false;
    }

    /// <summary>Passes what was peeked; its room is the producer's again once published.</summary>
    internal void Release() => _head += _recordBytes;

    /// <summary>Gives back the room of all that was released.</summary>
    /// <returns>Whether the producer waits for it: its doorbell is to be rung.</returns>
    internal bool Publish()
    {
        if (_published == _head)
        {
            return false;
        }

        _published = _head;
        return SharedRingControl.Move(ref _control.Head, _head, ref _control.ProducerWaits);
    }

    /// <summary>
    /// Asks for the doorbell with the next record. False when one has come meanwhile.
    /// </summary>
    internal bool TryArm()
    {
        SharedRingControl.BeginWait(ref _control.ConsumerWaits);
        if (IsFaulty || !Look())
        {
            return true;
        }

        Volatile.Write(ref _control.ConsumerWaits, 0);
        return false;
    }

    // Whether there is more; acquire: records are written before the tail.
    private bool Look()
    {
        ulong tail = Volatile.Read(ref _control.Tail);

        // Not beyond what it knows to be free: so no call here takes more than a ring's bytes.
        IsFaulty |= tail - _head > _size || tail - _published > _size
            || (tail & (SharedRingLayout.RecordAlignment - 1)) != 0;
        _seen = IsFaulty ? _head : tail;
        return _seen != _head;
    }
}
