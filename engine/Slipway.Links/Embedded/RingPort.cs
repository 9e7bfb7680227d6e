using Slipway.Stack;

namespace Slipway.Links;

/// <summary>The guest at the other end of a ring pair: frames are written into the ring.</summary>
internal sealed class RingPort : IGuestPort
{
    private const int HeaderBytes = VirtioNetHeader.MergedLengthBytes;

    private readonly RingLink _link;
    private readonly SharedRingWriter _writer;

    internal RingPort(
        RingLink link, SharedRingWriter writer, int mtuBytes, Offloads offloads)
    {
        _link = link;
        _writer = writer;
        Offloads = offloads;
        MaxFrameLengthBytes = mtuBytes + FrameLimits.OverheadBytes;
    }

    public int Id { get; } = PortNumbers.Next();

    public int MaxFrameLengthBytes { get; }

    public Offloads Offloads { get; }

    public Span<byte> Reserved =>
        _writer.Reserved is { IsEmpty: false } room ? room[HeaderBytes..] : default;

    /// <summary>A reservation was refused: somebody waits for room.</summary>
    internal bool IsRoomWanted { get; set; }

    public Span<byte> Reserve(int lengthBytes)
    {
        if (lengthBytes > FrameLimits.LargestOf(MaxFrameLengthBytes, Offloads) || !_link.IsUp)
        {
            _writer.Void();
            return default;
        }

        Span<byte> room = _writer.Reserve(HeaderBytes + lengthBytes);
        if (room.IsEmpty)
        {
            // The other side can make room only of what it knows of.
            IsRoomWanted = true;
            _link.PublishToGuest();
            return default;
        }

        return room[HeaderBytes..];
    }

    public bool Commit(int lengthBytes, in FrameOffload offload)
    {
        Span<byte> room = _writer.Reserved;
        if (room.Length < HeaderBytes + lengthBytes)
        {
            return false;
        }

        VirtioNetHeader.Write(room, offload);
        VirtioNetHeader.WriteBufferCount(room, 1);
        _writer.Commit(HeaderBytes + lengthBytes);
        return true;
    }
}
