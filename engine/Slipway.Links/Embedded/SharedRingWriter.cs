
namespace Slipway.Links;

/// <summary>
/// The producer's side of a shared ring (<see cref="SharedRingLayout"/>). What the consumer writes
/// is checked: it can hinder this side from writing, and no more.
/// </summary>
internal sealed unsafe class SharedRingWriter
{
    private readonly SharedRingControl _control;
    private readonly byte* _ring;
    private readonly ulong _size;
    private ulong _tail;
    private ulong _published;
    private ulong _seenHead;
    private ulong _reservedAt;
    private int _reservedBytes;

    internal SharedRingWriter(byte* control, byte* ring, ulong sizeBytes)
    {
        _control = new SharedRingControl(control);
        _ring = ring;
        _size = sizeBytes;
    }

    /// <summary>The consumer broke the rules: nothing is written any more.</summary>
    internal bool IsFaulty { get; private set; }

    /// <summary>What is reserved and not committed.</summary>
    internal Span<byte> Reserved => _reservedBytes == 0 ? default : new(
        _ring + (_reservedAt & (_size - 1)) + SharedRingLayout.RecordHeaderBytes, _reservedBytes);

    /// <summary>The largest record that always fits into an empty ring, in bytes.</summary>
    internal int LargestBytes => (int)(_size / 2) - SharedRingLayout.RecordHeaderBytes;

    /// <summary>
    /// Room for one record; empty when there is none, and then the consumer rings when it has made
    /// some.
    /// </summary>
    internal Span<byte> Reserve(int lengthBytes)
    {
        _reservedBytes = 0;
        if (IsFaulty || lengthBytes <= 0 || lengthBytes > LargestBytes)
        {
            return default;
        }

        ulong record = SharedRingLayout.RecordBytes((uint)lengthBytes);
        ulong toEnd = _size - (_tail & (_size - 1));
        ulong skipped = record > toEnd ? toEnd : 0;
        if (!HasRoom(skipped + record) && !HasRoomAfterAsking(skipped + record))
        {
            return default;
        }

        if (skipped > 0)
        {
            *(uint*)(_ring + (_tail & (_size - 1))) = SharedRingLayout.Skip;
        }

        _reservedAt = _tail + skipped;
        _reservedBytes = lengthBytes;
        return Reserved;
    }

    /// <summary>Makes a record of what was reserved, or its beginning.</summary>
    internal void Commit(int lengthBytes)
    {
        ulong* start = (ulong*)(_ring + (_reservedAt & (_size - 1)));
        *start = (uint)lengthBytes;
        _tail = _reservedAt + SharedRingLayout.RecordBytes((uint)lengthBytes);
        _reservedBytes = 0;
    }

    /// <summary>Gives up the reservation.</summary>
    internal void Void() => _reservedBytes = 0;

    /// <summary>Lets the consumer see all that is committed.</summary>
    /// <returns>Whether it waits: its doorbell is to be rung.</returns>
    internal bool Publish()
    {
        if (_published == _tail)
        {
            return false;
        }

        _published = _tail;
        return SharedRingControl.Move(ref _control.Tail, _tail, ref _control.ConsumerWaits);
    }

    private bool HasRoomAfterAsking(ulong bytes)
    {
        SharedRingControl.BeginWait(ref _control.ProducerWaits);
        if (!HasRoom(bytes))
        {
            return false;
        }

        Volatile.Write(ref _control.ProducerWaits, 0);
        return true;
    }

    private bool HasRoom(ulong bytes)
    {
        if (_tail + bytes - _seenHead <= _size)
        {
            return true;
        }

        ulong head = Volatile.Read(ref _control.Head);
        IsFaulty |= head - _seenHead > _published - _seenHead;
        _seenHead = IsFaulty ? _seenHead : head;
        return !IsFaulty && _tail + bytes - _seenHead <= _size;
    }
}
