namespace Slipway.Links;

/// <summary>The guest's buffers: gathered, filled and given back.</summary>
internal sealed unsafe partial class ReceiveQueue
{
    // Whether to go on: there is room for the frame, or there never will be more than this.
    private bool TryGather(int needed)
    {
        while (IsMergeable ? _gatheredBytes < needed : _chains == 0)
        {
            if (!MakeRoom())
            {
                return true;
            }

            if (_ring.TryTake(out ushort head))
            {
                if (!TryAdd(head))
                {
                    return false;
                }
            }
            else if (_ring.IsRunning && _chains == _ring.Size)
            {
                return true;
            }
            else
            {
                // The guest gives buffers when it has those back that are filled.
                _ring.Notify();
                if (_ring.TryArmKick())
                {
                    return false;
                }
            }
        }

        return true;
    }

    // Room for the longest chain behind what is gathered.
    private bool MakeRoom()
    {
        int size = _ring.Size;
        if (_segments.Length < 2 * size)
        {
            Array.Resize(ref _segments, 2 * size);
            Array.Resize(ref _heads, 2 * size);
        }

        if (_end + size > _segments.Length && _first > 0)
        {
            int count = _end - _first;
            Array.Copy(_segments, _first, _segments, 0, count);
            Array.Copy(_heads, _first, _heads, 0, count);
            (_first, _end) = (0, count);
        }

        return _end + size <= _segments.Length;
    }

    private bool TryAdd(ushort head)
    {
        Span<BufferSegment> segments = _segments.AsSpan(_end);
        if (!_ring.TryReadChain(head, isWritable: true, segments, out int count))
        {
            return false;
        }

        long chainBytes = 0;
        for (int i = 0; i < count; i++)
        {
            chainBytes += segments[i].LengthBytes;
            _heads[_end + i] = -1;
        }

        if (chainBytes < HeaderBytes)
        {
            _ring.Fail(RingFault.TooShort);
            return false;
        }

        _heads[_end + count - 1] = head;
        _end += count;
        _chains++;
        _gatheredBytes += chainBytes;
        return true;
    }

    // Whether so many bytes lie one behind the other; those of one chain, unless they are merged.
    private bool IsInOnePiece(int needed)
    {
        long piece = 0;
        byte* end = null;
        for (int i = _first; i < _end && piece < needed; i++)
        {
            BufferSegment segment = _segments[i];
            if (end is not null && segment.First != end)
            {
                return false;
            }

            end = segment.End;
            piece += segment.LengthBytes;
            if (!IsMergeable && _heads[i] >= 0)
            {
                break;
            }
        }

        return piece >= needed;
    }

    // The chains that so many bytes take; 0 when there are not enough.
    private int CountChains(int totalBytes)
    {
        int chains = 0;
        long left = totalBytes;
        for (int i = _first; i < _end; i++)
        {
            left -= _segments[i].LengthBytes;
            if (_heads[i] >= 0)
            {
                chains++;
                if (left <= 0 || !IsMergeable)
                {
                    break;
                }
            }
        }

        return left <= 0 ? chains : 0;
    }

    private void Spread(ReadOnlySpan<byte> bytes)
    {
        for (int i = _first; !bytes.IsEmpty; i++)
        {
            int count = Math.Min(bytes.Length, _segments[i].LengthBytes);
            bytes[..count].CopyTo(_segments[i].Bytes);
            bytes = bytes[count..];
        }
    }

    // Gives back the chains that the bytes have gone into, to the end of the last of them.
    private void Complete(int totalBytes)
    {
        int left = totalBytes;
        int chainBytes = 0;
        bool isLast = false;
        while (!isLast)
        {
            int length = _segments[_first].LengthBytes;
            int written = Math.Min(left, length);
            left -= written;
            chainBytes += written;
            _gatheredBytes -= length;
            int head = _heads[_first++];
            if (head >= 0)
            {
                _ring.Complete((ushort)head, (uint)chainBytes);
                _chains--;
                chainBytes = 0;
                isLast = left == 0;
            }
        }

        if (_first == _end)
        {
            _first = _end = 0;
        }
    }
}
