using System.Buffers.Binary;
using Slipway.Linux;
using Slipway.Stack;

namespace Slipway.Links;

/// <summary>One guest on a connected socket. Receives here; sends in the other file.</summary>
/// <remarks>
/// As <see cref="StreamFraming.Length32"/> has it:
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
    /// <summary>
    /// Packets read in one turn, so that host sockets and other links have their share.
    /// </summary>
    private const int PacketsPerTurn = 64;

    /// <summary>
    /// Read at once of a guest that is alone, however short its last frame was.
    /// </summary>
    private const int LeastReadBytes = 64 * 1024;

    private readonly StreamLink _link;
    private readonly StreamFraming _framing;

    // In the queue; of packets it is not sent.
    private readonly int _prefixBytes;
    private readonly int _descriptor;
    private readonly IDescriptorWatcher _watcher;
    private readonly IFrameReceiver _receiver;

    // What was read of a frame whose end has not come, its prefix included.
    private readonly byte[] _partial =
        GC.AllocateUninitializedArray<byte>(sizeof(uint) + FrameLimits.LargestBytes);
    private int _partialBytes;

    // Of the frame that was looked at last, with what comes before it.
    private int _frameBytes = FrameLimits.LargestBytes;

    // Null when frames flow.
    private StreamGreeting? _greeting;

    private bool _isOpen;

    internal StreamPort(
        StreamLink link, StreamProtocol protocol, int descriptor, int mtuBytes,
        IDescriptorWatcher watcher, IFrameReceiver receiver)
    {
        _link = link;
        _framing = protocol.Framing;
        _prefixBytes = _framing == StreamFraming.Length16 ? sizeof(ushort) : sizeof(uint);
        _greeting = protocol.Greet?.Invoke();
        _descriptor = descriptor;
        _watcher = watcher;
        _receiver = receiver;
        MaxFrameLengthBytes = mtuBytes + FrameLimits.OverheadBytes;
    }

    public int Id { get; } = PortNumbers.Next();

    public int MaxFrameLengthBytes { get; }

    /// <summary>Of the virtual machine over AF_VSOCK; else 0.</summary>
    internal uint Cid { get; init; }

    /// <summary>The guest is a port of the switch: it has said what comes before frames.</summary>
    internal bool HasGreeted => _greeting is null;

    internal void Open(Instant now)
    {
        _isOpen = true;
        _watcher.Watch(_descriptor, Readiness.Readable, this);
        if (HasGreeted)
        {
            _receiver.OnPortOpened(this, now);
        }
    }

    public void OnReady(Readiness readiness, Instant now)
    {
        if ((readiness & Readiness.Writable) != 0)
        {
            OnWritable(now);
        }

        if ((readiness & (Readiness.Readable | Readiness.Error)) == 0)
        {
            return;
        }

        if (_framing == StreamFraming.Packets)
        {
            ReceivePackets(now);
        }
        else
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

    /// <summary>
    /// Takes what is there; while others are to have their share a frame at a time, since how many
    /// there are in so many bytes is the guest's to choose.
    /// </summary>
    private void Receive(Instant now)
    {
        int most = _receiver.FramesAtOnce(this, now);
        if (most == FrameBatch.Capacity || !HasGreeted)
        {
            _ = Receive(Math.Max(most * _frameBytes, LeastReadBytes), now);
            return;
        }

        for (int frames = 0; most > 0 && frames >= 0 && _isOpen; most -= Math.Max(frames, 0))
        {
            frames = Receive(LackingBytes(), now);
        }
    }

    /// <summary>What the next frame lacks: its length, or the rest of it.</summary>
    private int LackingBytes() => (_partialBytes < _prefixBytes
        ? _prefixBytes : _prefixBytes + (int)LengthOf(_partial)) - _partialBytes;

    private uint LengthOf(ReadOnlySpan<byte> frame) => _framing == StreamFraming.Length16
        ? BinaryPrimitives.ReadUInt16LittleEndian(frame)
        : BinaryPrimitives.ReadUInt32BigEndian(frame);

    /// <summary>Reads once, so many bytes, and hands on all frames that are complete.</summary>
    /// <returns>How many these were; negative when there is no more.</returns>
    private int Receive(int mostBytes, Instant now)
    {
        Span<byte> buffer = _link.ReceiveBuffer;
        _partial.AsSpan(0, _partialBytes).CopyTo(buffer);
        int received = Sockets.Receive(
            _descriptor,
            buffer.Slice(_partialBytes, Math.Min(mostBytes, buffer.Length - _partialBytes)),
            Sockets.MessageDontWait);
        if (received <= 0)
        {
            if (received is not (-Errno.EAGAIN or -Errno.EINTR))
            {
                Close(mistake: null, now);
            }

            return -1;
        }

        ReadOnlySpan<byte> rest = buffer[..(_partialBytes + received)];
        _partialBytes = 0;
        if (!HasGreeted && !TryGreet(ref rest, now))
        {
            return -1;
        }

        int frames = 0;
        while (rest.Length >= _prefixBytes)
        {
            uint length = LengthOf(rest);
            if (length is 0 or > FrameLimits.LargestBytes)
            {
                // Where the next frame begins cannot be known any more.
                Close($"sent {length} as the length of a frame, which has 1 to "
                    + $"{FrameLimits.LargestBytes} bytes", now);
                return -1;
            }

            _frameBytes = _prefixBytes + (int)length;
            if (rest.Length < _frameBytes)
            {
                break;
            }

            _receiver.OnFrame(this, rest[_prefixBytes.._frameBytes], now);
            rest = rest[_frameBytes..];
            frames++;
        }

        Keep(rest);
        return frames;
    }

    /// <summary>
    /// The kernel tells frames apart; one that is too long is the switch's to drop.
    /// </summary>
    private void ReceivePackets(Instant now)
    {
        Span<byte> buffer = _link.ReceiveBuffer;
        int most = Math.Min(PacketsPerTurn, _receiver.FramesAtOnce(this, now));
        for (int i = 0; i < most && _isOpen; i++)
        {
            int received = Sockets.Receive(
                _descriptor, buffer[..(FrameLimits.LargestBytes + 1)], Sockets.MessageDontWait);
            if (received <= 0)
            {
                if (received is not (-Errno.EAGAIN or -Errno.EINTR))
                {
                    Close(mistake: null, now);
                }

                return;
            }

            _receiver.OnFrame(this, buffer[..received], now);
        }
    }

    /// <summary>Says what comes before frames. False: more must be heard, or it is over.</summary>
    private bool TryGreet(ref ReadOnlySpan<byte> rest, Instant now)
    {
        Span<byte> answer = stackalloc byte[StreamGreeting.MostBytes];
        while (_greeting is StreamGreeting greeting)
        {
            GreetingStep step = greeting.Take(rest, answer);
            if (step == GreetingStep.More)
            {
                Keep(rest);
                return false;
            }

            bool isSent = step.AnswerBytes == 0
                || Sockets.Send(_descriptor, answer[..step.AnswerBytes]) == step.AnswerBytes;
            if (step.Mistake is not null || !isSent)
            {
                Close(step.Mistake, now);
                return false;
            }

            rest = rest[step.TakenBytes..];
            if (step.IsDone)
            {
                _greeting = null;
                _link.OnGreeted(this);
                _receiver.OnPortOpened(this, now);
            }
        }

        return true;
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
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
