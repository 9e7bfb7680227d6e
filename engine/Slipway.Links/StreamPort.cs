using System.Buffers.Binary;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>One guest on a stream socket. Receives here; sends in the other file.</summary>
/// <remarks>
/// <code>
///    0                   1                   2                   3
///    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///   |                 length of the frame, network order            |
///   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///   |                 Ethernet frame, without checksum ...
/// </code>
/// </remarks>
internal sealed partial class StreamPort : IGuestPort, IReadinessOwner
{
    private const int PrefixBytes = sizeof(uint);

    private readonly StreamLink _link;
    private readonly int _descriptor;
    private readonly IDescriptorWatcher _watcher;
    private readonly IFrameReceiver _receiver;

    // What was read of a frame whose end has not come, its prefix included.
    private readonly byte[] _partial =
        GC.AllocateUninitializedArray<byte>(PrefixBytes + FrameLimits.LargestBytes);
    private int _partialBytes;

    private bool _isOpen;

    internal StreamPort(
        StreamLink link, int descriptor, int mtuBytes, IDescriptorWatcher watcher,
        IFrameReceiver receiver)
    {
        _link = link;
        _descriptor = descriptor;
        _watcher = watcher;
        _receiver = receiver;
        MaxFrameLengthBytes = mtuBytes + FrameLimits.OverheadBytes;
    }

    public int Id { get; } = PortNumbers.Next();

    public int MaxFrameLengthBytes { get; }

    internal void Open(Instant now)
    {
        _isOpen = true;
        _watcher.Watch(_descriptor, Readiness.Readable, this);
        _receiver.OnPortOpened(this, now);
    }

    public void OnReady(Readiness readiness, Instant now)
    {
        if ((readiness & Readiness.Writable) != 0)
        {
            OnWritable(now);
        }

        if ((readiness & (Readiness.Readable | Readiness.Error)) != 0)
        {
            Receive(now);
        }
    }

    internal void Dispose()
    {
        _isOpen = false;
        _watcher.Unwatch(_descriptor);
        Files.Close(_descriptor);
    }

    /// <summary>Reads once and hands on all frames that are complete.</summary>
    private void Receive(Instant now)
    {
        Span<byte> buffer = _link.ReceiveBuffer;
        _partial.AsSpan(0, _partialBytes).CopyTo(buffer);
        int received = Sockets.Receive(
            _descriptor, buffer[_partialBytes..], Sockets.MessageDontWait);
        if (received <= 0)
        {
            if (received is not (-Errno.EAGAIN or -Errno.EINTR))
            {
                Close(mistake: null, now);
            }

            return;
        }

        ReadOnlySpan<byte> rest = buffer[..(_partialBytes + received)];
        _partialBytes = 0;
        while (rest.Length >= PrefixBytes)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length is 0 or > FrameLimits.LargestBytes)
            {
                // Where the next frame begins cannot be known any more.
                Close($"sent {length} as the length of a frame, which has 1 to "
                    + $"{FrameLimits.LargestBytes} bytes", now);
                return;
            }

            if (rest.Length - PrefixBytes < (int)length)
            {
                break;
            }

            _receiver.OnFrame(this, rest.Slice(PrefixBytes, (int)length), now);
            rest = rest[(PrefixBytes + (int)length)..];
        }

        rest.CopyTo(_partial);
        _partialBytes = rest.Length;
    }

    private void Close(string? mistake, Instant now)
    {
        if (_isOpen)
        {
            Dispose();
            _link.OnClosed(this, mistake, now);
        }
    }
}
