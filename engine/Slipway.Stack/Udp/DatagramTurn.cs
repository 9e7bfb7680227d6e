using Slipway.Wire;

namespace Slipway.Stack;

/// <summary>
/// What the datagram flows of a worker share: the memory that datagrams are read into, and the
/// queue of flows that have more to read than one portion.
/// </summary>
public sealed class DatagramTurn
{
    /// <summary>Of a datagram that an error is about, as much is asked for.</summary>
    internal const int QuoteLengthBytes = 512;

    private const int HeaderRoomBytes = UdpHeader.LengthBytes;

    private readonly byte[] _memory = new byte[HeaderRoomBytes + ushort.MaxValue];
    private Queue<DatagramFlow> _queue = new();
    private Queue<DatagramFlow> _nextTurn = new();

    /// <summary>True when flows have more to read at once: the next turn must not wait.</summary>
    public bool HasPendingWork => _nextTurn.Count > 0;

    /// <summary>What one receive of a socket has brought.</summary>
    internal DatagramBatch Batch { get; } = new();

    /// <summary>Memory for one payload.</summary>
    internal Span<byte> Payload => _memory.AsSpan(HeaderRoomBytes);

    /// <summary>End of the turn: every flow that has more gets another portion.</summary>
    public void Flush(Instant now)
    {
        (_queue, _nextTurn) = (_nextTurn, _queue);
        while (_queue.TryDequeue(out DatagramFlow? flow))
        {
            flow.IsQueued = false;
            if (!flow.IsClosed)
            {
                flow.Work(mayReport: true, now);
            }
        }
    }

    /// <summary>The payload that was read last, and the room for a header before it.</summary>
    internal Span<byte> DatagramOf(int payloadLengthBytes) =>
        _memory.AsSpan(0, HeaderRoomBytes + payloadLengthBytes);

    /// <summary>Queues a flow for another portion, after this turn's other work.</summary>
    internal void Continue(DatagramFlow flow)
    {
        if (!flow.IsQueued)
        {
            flow.IsQueued = true;
            _nextTurn.Enqueue(flow);
        }
    }
}
