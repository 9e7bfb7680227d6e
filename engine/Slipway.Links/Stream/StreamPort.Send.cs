using System.Buffers.Binary;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>
/// Frames to the guest are written one after the other into a queue, and that is sent at the end of
/// the turn with one call; what the socket did not take waits until it is writable.
/// </summary>
internal sealed partial class StreamPort
{
    /// <summary>
    /// Twice what a socket's send buffer holds by default (net.core.wmem_default, 208 KiB), in
    /// bytes.
    /// </summary>
    private const int QueueBytes = 512 * 1024;

    /// <summary>
    /// A queue filled no further than this has room: it can be moved to the front and then takes a
    /// frame of any length. That it is half also keeps the moving rare.
    /// </summary>
    private const int RoomBytes = QueueBytes / 2;

    private readonly byte[] _queue =
        GC.AllocateUninitializedArray<byte>(QueueBytes, pinned: true);

    // Queued are [_head, _tail); a reservation follows, after room for its prefix.
    private int _head;
    private int _tail;
    private int _reservedBytes;

    // The socket took less than all, and its becoming writable is watched.
    private bool _isWaiting;

    // A reservation was refused; the receiver is told when there is room.
    private bool _isRoomWanted;

    // Sending failed. The port closes at the end of the turn: not in the midst of a caller's work.
    private bool _isBroken;

    public Span<byte> Reserved => _reservedBytes == 0
        ? default : _queue.AsSpan(_tail + _prefixBytes, _reservedBytes);

    private int QueuedBytes => _tail - _head;

    public Span<byte> Reserve(int lengthBytes)
    {
        _reservedBytes = 0;
        if (!_isOpen || _isBroken || lengthBytes > MaxFrameLengthBytes)
        {
            return default;
        }

        if (_tail + _prefixBytes + lengthBytes > QueueBytes && !TryMakeRoom())
        {
            _isRoomWanted = true;
            return default;
        }

        _reservedBytes = lengthBytes;
        return Reserved;
    }

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        if (_reservedBytes == 0)
        {
            return false;
        }

        if (_framing == StreamFraming.Length16)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_queue.AsSpan(_tail), (ushort)lengthBytes);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(_queue.AsSpan(_tail), (uint)lengthBytes);
        }

        _tail += _prefixBytes + lengthBytes;
        _reservedBytes = 0;
        return true;
    }

    /// <summary>Sends what the turn has queued.</summary>
    internal void Flush(Instant now)
    {
        if (QueuedBytes > 0 && !_isWaiting && !_isBroken)
        {
            Send();
        }

        if (_isBroken)
        {
            Close(mistake: null, now);
        }
    }

    private void OnWritable(Instant now)
    {
        Send();
        if (_isRoomWanted && QueuedBytes <= RoomBytes)
        {
            _isRoomWanted = false;
            _receiver.OnPortWritable(this, now);
        }
    }

    private bool TryMakeRoom()
    {
        if (!_isWaiting)
        {
            Send();
        }

        if (_isBroken || QueuedBytes > RoomBytes)
        {
            return false;
        }

        _queue.AsSpan(_head, QueuedBytes).CopyTo(_queue);
        (_head, _tail) = (0, QueuedBytes);
        return true;
    }

    private void Send()
    {
        _reservedBytes = 0; // it would move
        int errno = _framing == StreamFraming.Packets ? SendPackets() : SendBytes();
        if (errno is not (0 or Errno.EAGAIN or Errno.EINTR or Errno.ENOBUFS or Errno.ENOMEM))
        {
            _isBroken = true;
            _head = _tail; // nobody will have it
        }

        if (_head == _tail)
        {
            (_head, _tail) = (0, 0);
        }

        WaitForRoom(QueuedBytes > 0);
    }

    private int SendBytes()
    {
        int sent = Sockets.Send(_descriptor, _queue.AsSpan(_head, QueuedBytes));
        _head += Math.Max(0, sent);
        return Math.Max(0, -sent);
    }

    private int SendPackets()
    {
        while (_head < _tail)
        {
            int length = (int)BinaryPrimitives.ReadUInt32BigEndian(_queue.AsSpan(_head));
            int sent = Sockets.Send(_descriptor, _queue.AsSpan(_head + _prefixBytes, length));
            if (sent < 0)
            {
                return -sent;
            }

            _head += _prefixBytes + length;
        }

        return 0;
    }

    private void WaitForRoom(bool isWaiting)
    {
        if (_isWaiting != isWaiting)
        {
            _isWaiting = isWaiting;
            _watcher.Watch(
                _descriptor,
                isWaiting ? Readiness.Readable | Readiness.Writable : Readiness.Readable, this);
        }
    }
}
