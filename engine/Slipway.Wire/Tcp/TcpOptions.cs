using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Slipway.Wire;

/// <summary>
/// The options of a TCP segment, by value: maximum segment size (RFC 9293 section 3.2), window
/// scale and timestamps (RFC 7323), selective acknowledgment (RFC 2018). The default
/// value holds none.
/// <code>
/// +-----+                 +-----+                 +-----+-----+-----------+
/// |  0  | end             |  1  | no operation    |  2  |  4  |    MSS    |
/// +-----+                 +-----+                 +-----+-----+-----------+
/// +-----+-----+-------+   +-----+-----+           +-----+------+------+-------+---
/// |  3  |  3  | shift |   |  4  |  2  | SACK ok   |  5  | 2+8n | left | right | ...
/// +-----+-----+-------+   +-----+-----+           +-----+------+------+-------+---
/// +-----+-----+-------------------+------------------------+
/// |  8  | 10  |  timestamp value  |  timestamp echo reply  |
/// +-----+-----+-------------------+------------------------+
/// </code>
/// </summary>
public struct TcpOptions
{
    private const byte EndKind = 0;
    private const byte NoOperationKind = 1;
    private const byte MaximumSegmentSizeKind = 2;
    private const byte WindowScaleKind = 3;
    private const byte SackPermittedKind = 4;
    private const byte SackKind = 5;
    private const byte TimestampsKind = 8;

    private const int MaximumSegmentSizeLength = 4;
    private const int WindowScaleLength = 3;
    private const int SackPermittedLength = 2;
    private const int TimestampsLength = 10;
    private const int SackBlockLength = 8;

    /// <summary>The most that a header has room for, in bytes.</summary>
    public const int MaximumLengthBytes =
        TcpHeader.MaximumLengthBytes - TcpHeader.MinimumLengthBytes;

    /// <summary>The most blocks that fit (three beside timestamps).</summary>
    public const int MaximumSackBlocks = 4;

    /// <summary>The largest shift (RFC 7323 section 2.3).</summary>
    public const sbyte MaximumWindowScale = 14;

    private byte _windowScalePlusOne;
    private SackBlocks _sackBlocks;

    /// <summary>In bytes; 0 if absent.</summary>
    public ushort MaximumSegmentSize { readonly get; set; }

    /// <summary>0 to 14 bits; -1 if absent.</summary>
    public sbyte WindowScale
    {
        readonly get => (sbyte)(_windowScalePlusOne - 1);
        set => _windowScalePlusOne = (byte)(value + 1);
    }

    public bool SackPermitted { readonly get; set; }

    public bool HasTimestamps { readonly get; set; }

    /// <summary>
    /// TSval, in ticks of the sender's clock; meaningful only with <see cref="HasTimestamps"/>.
    /// </summary>
    public uint TimestampValue { readonly get; set; }

    /// <summary>
    /// TSecr: the other side's TSval; meaningful only with <see cref="HasTimestamps"/>.
    /// </summary>
    public uint TimestampEchoReply { readonly get; set; }

    /// <summary>0 to <see cref="MaximumSackBlocks"/>.</summary>
    public int SackBlockCount { readonly get; private set; }

    /// <summary>
    /// What <see cref="Write"/> will write, in bytes: a multiple of 4, at most 40. SACK blocks that
    /// would pass it are not counted.
    /// </summary>
    public readonly int LengthBytes => FixedLengthBytes + SackLengthBytes(SackBlocksThatFit);

    // SYN options come in words of four bytes: SACK-permitted shares a word with the timestamps.
    private readonly int FixedLengthBytes =>
        (MaximumSegmentSize != 0 ? 4 : 0) + (HasTimestamps ? 12 : SackPermitted ? 4 : 0)
        + (_windowScalePlusOne != 0 ? 4 : 0);

    private readonly int SackBlocksThatFit => Math.Clamp(
        (MaximumLengthBytes - FixedLengthBytes - 4) / SackBlockLength, 0, SackBlockCount);

    /// <summary>
    /// A block of the list; the first is the one that arrived last (RFC 2018 section 4).
    /// </summary>
    /// <param name="index">0 to <see cref="SackBlockCount"/> - 1.</param>
    public readonly SackBlock GetSackBlock(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)SackBlockCount);
        return _sackBlocks[index];
    }

    /// <summary>Adds a block behind the others; false if there are four.</summary>
    public bool AddSackBlock(SackBlock block)
    {
        if (SackBlockCount == MaximumSackBlocks)
        {
            return false;
        }

        _sackBlocks[SackBlockCount++] = block;
        return true;
    }

    /// <summary>
    /// Reads the options of a header. Unknown kinds, and known ones of another length than theirs,
    /// are skipped, as Linux does (RFC 9293 section 3.1, MUST-6).
    /// </summary>
    /// <returns>
    /// <see cref="ParseError.Option"/> for a length that is 0, 1 or passes the end; the options in
    /// front of it are kept.
    /// </returns>
    public static ParseError TryParse(ReadOnlySpan<byte> options, out TcpOptions parsed)
    {
        parsed = default;
        while (!options.IsEmpty && options[0] != EndKind)
        {
            if (options[0] == NoOperationKind)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                return ParseError.Option;
            }

            int lengthBytes = options[1];
            parsed.ReadOption(options[0], options[2..lengthBytes]);
            options = options[lengthBytes..];
        }

        return ParseError.None;
    }

    /// <summary>
    /// Writes options in the order of Linux, each four-byte aligned by no-operations in front of
    /// it: MSS, SACK-permitted, timestamps, window scale, SACK blocks.
    /// </summary>
    /// <param name="destination">At least <see cref="LengthBytes"/> bytes.</param>
    /// <param name="options">What to write.</param>
    /// <returns><see cref="LengthBytes"/>.</returns>
    public static int Write(Span<byte> destination, in TcpOptions options)
    {
        int lengthBytes = options.LengthBytes;
        destination = destination[..lengthBytes];
        if (options.MaximumSegmentSize != 0)
        {
            destination[0] = MaximumSegmentSizeKind;
            destination[1] = MaximumSegmentSizeLength;
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], options.MaximumSegmentSize);
            destination = destination[4..];
        }

        if (options.SackPermitted || options.HasTimestamps)
        {
            destination = options.WriteSackPermittedAndTimestamps(destination);
        }

        if (options._windowScalePlusOne != 0)
        {
            destination[0] = NoOperationKind;
            destination[1] = WindowScaleKind;
            destination[2] = WindowScaleLength;
            destination[3] = (byte)options.WindowScale;
            destination = destination[4..];
        }

        options.WriteSackBlocks(destination);
        return lengthBytes;
    }

    private void ReadOption(byte kind, ReadOnlySpan<byte> value)
    {
        switch (kind, value.Length)
        {
            case (MaximumSegmentSizeKind, MaximumSegmentSizeLength - 2):
                MaximumSegmentSize = BinaryPrimitives.ReadUInt16BigEndian(value);
                break;
            case (WindowScaleKind, WindowScaleLength - 2):
                WindowScale = (sbyte)Math.Min(value[0], (byte)MaximumWindowScale);
                break;
            case (SackPermittedKind, SackPermittedLength - 2):
                SackPermitted = true;
                break;
            case (TimestampsKind, TimestampsLength - 2):
                HasTimestamps = true;
                TimestampValue = BinaryPrimitives.ReadUInt32BigEndian(value);
                TimestampEchoReply = BinaryPrimitives.ReadUInt32BigEndian(value[4..]);
                break;
            case (SackKind, > 0) when value.Length % SackBlockLength == 0:
                ReadSackBlocks(value);
                break;
            default:
                break;
        }
    }

    private void ReadSackBlocks(ReadOnlySpan<byte> value)
    {
        SackBlockCount = 0;
        for (; !value.IsEmpty; value = value[SackBlockLength..])
        {
            AddSackBlock(new SackBlock(
                BinaryPrimitives.ReadUInt32BigEndian(value),
                BinaryPrimitives.ReadUInt32BigEndian(value[4..])));
        }
    }

    private readonly Span<byte> WriteSackPermittedAndTimestamps(Span<byte> destination)
    {
        bool both = SackPermitted && HasTimestamps;
        destination[0] = both ? SackPermittedKind : NoOperationKind;
        destination[1] = both ? (byte)SackPermittedLength : NoOperationKind;
        if (!HasTimestamps)
        {
            destination[2] = SackPermittedKind;
            destination[3] = SackPermittedLength;
            return destination[4..];
        }

        destination[2] = TimestampsKind;
        destination[3] = TimestampsLength;
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], TimestampValue);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], TimestampEchoReply);
        return destination[12..];
    }

    private readonly void WriteSackBlocks(Span<byte> destination)
    {
        int count = SackBlocksThatFit;
        if (count == 0)
        {
            return;
        }

        destination[0] = NoOperationKind;
        destination[1] = NoOperationKind;
        destination[2] = SackKind;
        destination[3] = (byte)(2 + (count * SackBlockLength));
        for (int i = 0; i < count; i++)
        {
            Span<byte> block = destination[(4 + (i * SackBlockLength))..];
            BinaryPrimitives.WriteUInt32BigEndian(block, _sackBlocks[i].Left);
            BinaryPrimitives.WriteUInt32BigEndian(block[4..], _sackBlocks[i].Right);
        }
    }

    private static int SackLengthBytes(int count) => count == 0 ? 0 : 4 + (count * SackBlockLength);

    [InlineArray(MaximumSackBlocks)]
    private struct SackBlocks
    {
        private SackBlock _first;
    }
}
