namespace Slipway.Links;

/// <summary>
/// Descriptor chains (virtio 1.2 section 2.7.4, 2.7.5): at most as many descriptors as the ring
/// has, with those of an indirect table (section 2.7.5.3) counted likewise.
/// </summary>
internal sealed unsafe partial class SplitRing
{
    /// <summary>Reads a chain whose buffers are all of one direction.</summary>
    /// <param name="head">From <see cref="TryTake"/>.</param>
    /// <param name="isWritable">Buffers to write to, else to read.</param>
    /// <param name="segments">Receives the buffers; at least <see cref="Size"/>.</param>
    /// <param name="count">How many there are.</param>
    /// <returns>False, and the ring has stopped, when the chain breaks the rules.</returns>
    internal bool TryReadChain(
        ushort head, bool isWritable, Span<BufferSegment> segments, out int count)
    {
        RingFault fault = ReadChain(head, isWritable, segments, out count);
        if (fault != RingFault.None)
        {
            Fail(fault);
        }

        return fault == RingFault.None;
    }

    private RingFault ReadChain(
        ushort head, bool isWritable, Span<BufferSegment> segments, out int count)
    {
        VirtqDesc* table = _table;
        uint tableLength = (uint)_size;
        uint index = head;
        bool isIndirect = false;
        count = 0;
        while (true)
        {
            if (index >= tableLength)
            {
                return RingFault.OutsideTable;
            }

            VirtqDesc desc = VirtqDesc.Read(table + index);
            if ((desc.Flags & VirtqDesc.FlagIndirect) != 0)
            {
                RingFault fault = EnterTable(desc, isIndirect, out table, out tableLength);
                if (fault != RingFault.None)
                {
                    return fault;
                }

                isIndirect = true;
                index = 0;
                continue;
            }

            RingFault bad = ToSegment(desc, isWritable, out BufferSegment segment);
            if (bad != RingFault.None)
            {
                return bad;
            }

            if (count == _size)
            {
                return RingFault.ChainTooLong;
            }

            segments[count++] = segment;
            if ((desc.Flags & VirtqDesc.FlagNext) == 0)
            {
                return RingFault.None;
            }

            index = desc.Next;
        }
    }

    private RingFault EnterTable(
        in VirtqDesc desc, bool isIndirect, out VirtqDesc* table, out uint tableLength)
    {
        table = null;
        tableLength = desc.LengthBytes / VirtqDesc.SizeBytes;
        if (!_hasIndirect || isIndirect || (desc.Flags & VirtqDesc.FlagNext) != 0
            || tableLength == 0 || desc.LengthBytes % VirtqDesc.SizeBytes != 0)
        {
            return RingFault.BadIndirect;
        }

        table = (VirtqDesc*)_memory!.Translate(desc.Address, desc.LengthBytes);
        return table is null ? RingFault.OutsideMemory
            : ((nuint)table & 7) != 0 ? RingFault.BadIndirect : RingFault.None;
    }

    private RingFault ToSegment(in VirtqDesc desc, bool isWritable, out BufferSegment segment)
    {
        segment = default;
        if (((desc.Flags & VirtqDesc.FlagWrite) != 0) != isWritable)
        {
            return RingFault.WrongDirection;
        }

        if (desc.LengthBytes is 0 or > int.MaxValue)
        {
            return RingFault.BadLength;
        }

        byte* first = _memory!.Translate(desc.Address, desc.LengthBytes);
        segment = new BufferSegment(first, (int)desc.LengthBytes);
        return first is null ? RingFault.OutsideMemory : RingFault.None;
    }
}
