using System.Buffers.Binary;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Load.Virtio;

/// <summary>
/// A guest's network interface on two queues that are polled: frames out, with the checksum and the
/// cutting left to the device, and frames in, over merged buffers.
/// </summary>
/// <remarks>
/// A frame out is laid as Linux lays a segment of a stream: an indirect table with the headers
/// first and the payload cut one segment after the other from blocks of 32 KiB (net/core/sock.c,
/// skb_page_frag_refill), so that one of 64 KiB is in three pieces. The blocks were filled once.
/// What comes in is looked at up to the end of its headers; the copy to an application is not made
/// here in either direction, as it is the guest's own work, on the guest's own processor.
/// </remarks>
internal sealed unsafe class VirtioInterface : IDisposable
{
    /// <summary>struct virtio_net_hdr_v1 (virtio 1.2 section 5.1.6).</summary>
    private const int VirtioHeaderBytes = 12;

    private const int SlotBytes = 512;
    private const int TableOffset = 256;
    private const int BlockBytes = 32 << 10;
    private const int PayloadBytes = 4 << 20;

    /// <summary>
    /// Looks at the rings in vain before the processor is left to others for a moment. Where
    /// engine, guest and server share two processors a guest that never sleeps takes a third of
    /// what the other two need: down, 29 Gbit/s instead of 20.
    /// </summary>
    private const int IdleTurns = 20;

    private const byte NeedsChecksum = 1;
    private const byte SegmentTcp4 = 1;

    private readonly GuestBuffers _buffers;
    private readonly VirtioMemory _memory;
    private readonly VhostUserFrontEnd _frontEnd;
    private readonly DriverQueue _receive;
    private readonly DriverQueue _transmit;
    private readonly Stack<int> _free = new(DriverQueue.Size);
    private readonly int[] _frame = new int[DriverQueue.Size];
    private readonly long _slots;
    private readonly long _payload;
    private readonly long _received;
    private readonly EpollEvents _noEvents = new(1);
    private readonly int _nothing = VirtioMemory.Checked(Epoll.Create(), "epoll");
    private int _frameBuffers;
    private int _payloadUsed;

    public VirtioInterface(string path, GuestBuffers buffers)
    {
        _buffers = buffers;
        long receivedBytes = buffers.TotalBytes(DriverQueue.Size);
        _memory = new VirtioMemory(
            receivedBytes + PayloadBytes + (1 << 20));
        _receive = new DriverQueue(_memory);
        _transmit = new DriverQueue(_memory);
        _slots = _memory.Take(DriverQueue.Size * SlotBytes);
        _payload = _memory.Take(PayloadBytes);
        new Random(1).NextBytes(_memory.Span(_payload, PayloadBytes));
        _received = _memory.Take(receivedBytes);
        for (int i = 0; i < DriverQueue.Size; i++)
        {
            _free.Push(i);
            _receive.Describe(i, Guest(_received + buffers.Offset(i)), buffers.LengthBytes,
                DriverQueue.Writable);
            _receive.Offer(i);
        }

        _receive.Publish();
        _frontEnd = new VhostUserFrontEnd(path);
        _frontEnd.Start(_memory, _receive, _transmit);
    }

    /// <summary>Frames out may be begun.</summary>
    public bool HasRoom => _free.Count > 0;

    /// <summary>Kicks that the engine asked for.</summary>
    public long Kicks => _transmit.Kicks + _receive.Kicks;

    /// <summary>Where the headers of the next frame out are written.</summary>
    public Span<byte> Headers => _memory.Span(
        Slot(_free.Peek()) + VirtioHeaderBytes, TableOffset - VirtioHeaderBytes);

    /// <summary>Sends a frame: headers that were written, and payload of any content.</summary>
    /// <param name="headerBytes">Ethernet, IP and TCP, or all of the frame.</param>
    /// <param name="payloadBytes">At most 64 KiB.</param>
    /// <param name="segmentBytes">
    /// Payload of each packet; 0 for a frame with a checksum of its own.
    /// </param>
    public void Send(int headerBytes, int payloadBytes = 0, int segmentBytes = 0)
    {
        int slot = _free.Pop();
        long place = Slot(slot);
        Span<byte> header = _memory.Span(place, VirtioHeaderBytes);
        header.Clear();
        if (segmentBytes > 0)
        {
            header[0] = NeedsChecksum;
            header[1] = payloadBytes > segmentBytes ? SegmentTcp4 : (byte)0;
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)headerBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(header[4..],
                payloadBytes > segmentBytes ? (ushort)segmentBytes : (ushort)0);
            BinaryPrimitives.WriteUInt16LittleEndian(header[6..],
                EthernetHeader.LengthBytes + Ipv4Header.MinimumLengthBytes);
            BinaryPrimitives.WriteUInt16LittleEndian(header[8..], TcpHeader.ChecksumOffset);
        }

        Chain(slot, place, VirtioHeaderBytes + headerBytes, payloadBytes);
        _transmit.Offer(slot);
    }

    /// <summary>
    /// Shows the engine what was sent and given back, and takes back what it is done with.
    /// </summary>
    public void Flush()
    {
        _transmit.Publish();
        _receive.Publish();
        while (_transmit.TryTake(out int slot, out _))
        {
            _free.Push(slot);
        }
    }

    /// <summary>Takes the next frame in, if there is one; valid until the next call.</summary>
    /// <param name="head">As much of it as lies in its first buffer.</param>
    /// <param name="lengthBytes">Of the whole.</param>
    public bool TryReceive(out ReadOnlySpan<byte> head, out int lengthBytes)
    {
        GiveBack();
        head = default;
        lengthBytes = -VirtioHeaderBytes;
        int buffers = 1;
        for (int i = 0; i < buffers; i++)
        {
            int slot, written;
            while (!_receive.TryTake(out slot, out written))
            {
                if (i == 0)
                {
                    return false;
                }
            }

            if (i == 0)
            {
                ReadOnlySpan<byte> first = _memory.Span(
                    _received + _buffers.Offset(slot), written);
                buffers = BinaryPrimitives.ReadUInt16LittleEndian(first[10..]);
                head = first[VirtioHeaderBytes..];
            }

            _frame[_frameBuffers++] = slot;
            lengthBytes += written;
        }

        return true;
    }

    /// <summary>Nothing was to be done, so many times running.</summary>
    public void Pause(int idleTurns)
    {
        if (idleTurns < IdleTurns)
        {
            Thread.Yield();
        }
        else
        {
            _ = Epoll.Wait(_nothing, _noEvents, 1_000); // the kernel makes 50 µs of it
        }
    }

    public void Dispose()
    {
        Files.Close(_nothing);
        _frontEnd.Dispose();
        _receive.Dispose();
        _transmit.Dispose();
        _memory.Dispose();
    }

    private static ulong Guest(long offset) => VirtioMemory.GuestBase + (ulong)offset;

    private long Slot(int slot) => _slots + ((long)slot * SlotBytes);

    private void GiveBack()
    {
        for (int i = 0; i < _frameBuffers; i++)
        {
            _receive.Offer(_frame[i]);
        }

        _frameBuffers = 0;
    }

    private void Chain(int slot, long place, int headBytes, int payloadBytes)
    {
        byte* table = _memory.At(place + TableOffset);
        DriverQueue.Describe(
            table, Guest(place), headBytes, payloadBytes > 0 ? DriverQueue.Next : (ushort)0, 1);
        int count = 1;
        while (payloadBytes > 0)
        {
            int length = Math.Min(payloadBytes, BlockBytes - (_payloadUsed % BlockBytes));
            payloadBytes -= length;
            DriverQueue.Describe(
                table + (count * DriverQueue.DescriptorBytes), Guest(_payload + _payloadUsed),
                length, payloadBytes > 0 ? DriverQueue.Next : (ushort)0, count + 1);
            _payloadUsed = (_payloadUsed + length) % PayloadBytes;
            count++;
        }

        _transmit.Describe(slot, Guest(place + TableOffset),
            count * DriverQueue.DescriptorBytes, DriverQueue.Indirect);
    }
}
