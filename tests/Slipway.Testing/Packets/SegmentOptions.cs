using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Slipway.Testing;

/// <summary>
/// TCP options as a test writes and reads them (RFC 9293 3.2, RFC 7323, RFC 2018).
/// </summary>
public sealed record SegmentOptions
{
    public static readonly SegmentOptions None = new();

    /// <summary>What a Linux guest offers in its SYN.</summary>
    public static readonly SegmentOptions Linux = new()
    {
        MaximumSegmentSize = 1460,
        SackPermitted = true,
        Timestamps = (1000, 0),
        WindowScale = 7,
    };

    public ushort? MaximumSegmentSize { get; init; }

    public byte? WindowScale { get; init; }

    public bool SackPermitted { get; init; }

    /// <summary>TSval and TSecr.</summary>
    public (uint Value, uint EchoReply)? Timestamps { get; init; }

    /// <summary>Left and right edges.</summary>
    public (uint Left, uint Right)[] SackBlocks { get; init; } = [];

    /// <summary>Written as they are, in place of all the others: for options that lie.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>The options, padded with NOP to whole words.</summary>
    public byte[] ToBytes()
    {
        List<byte> bytes = [.. Raw ?? []];
        if (Raw is null)
        {
            AddAll(bytes);
        }

        while (bytes.Count % 4 != 0)
        {
            bytes.Add(1);
        }

        return [.. bytes];
    }

    /// <summary>
    /// Reads the options of a segment that the engine sent; each length must be right.
    /// </summary>
    public static SegmentOptions Parse(ReadOnlySpan<byte> bytes)
    {
        SegmentOptions options = None;
        while (bytes.Length > 0 && bytes[0] != 0)
        {
            if (bytes[0] == 1)
            {
                bytes = bytes[1..];
                continue;
            }

            Malformed.If(bytes.Length < 2 || bytes[1] < 2 || bytes[1] > bytes.Length,
                "a cut TCP option");
            options = options.With(bytes[0], bytes[2..bytes[1]]);
            bytes = bytes[bytes[1]..];
        }

        return options;
    }

    public override string ToString()
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $" mss {MaximumSegmentSize} ws {WindowScale}");
        text.Append(CultureInfo.InvariantCulture, $" sackok {SackPermitted} ts {Timestamps} sack ");
        return text.AppendJoin(' ', SackBlocks).ToString();
    }

    private static void AddUInt32(List<byte> bytes, uint value) =>
        bytes.AddRange([(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value]);

    private void AddAll(List<byte> bytes)
    {
        if (MaximumSegmentSize is ushort mss)
        {
            bytes.AddRange([2, 4, (byte)(mss >> 8), (byte)mss]);
        }

        if (SackPermitted)
        {
            bytes.AddRange([4, 2]);
        }

        if (WindowScale is byte scale)
        {
            bytes.AddRange([3, 3, scale]);
        }

        if (Timestamps is (uint value, uint reply))
        {
            bytes.AddRange([8, 10]);
            AddUInt32(bytes, value);
            AddUInt32(bytes, reply);
        }

        if (SackBlocks.Length > 0)
        {
            bytes.AddRange([5, (byte)(2 + (8 * SackBlocks.Length))]);
            foreach ((uint left, uint right) in SackBlocks)
            {
                AddUInt32(bytes, left);
                AddUInt32(bytes, right);
            }
        }
    }

    private SegmentOptions With(byte kind, ReadOnlySpan<byte> body)
    {
        bool lengthIsRight = kind switch
        {
            2 => body.Length == 2,
            3 => body.Length == 1,
            4 => body.Length == 0,
            5 => body.Length % 8 == 0,
            8 => body.Length == 8,
            _ => false,
        };
        Malformed.If(!lengthIsRight, $"TCP option {kind} of {body.Length + 2} bytes");
        return kind switch
        {
            2 => this with { MaximumSegmentSize = BinaryPrimitives.ReadUInt16BigEndian(body) },
            3 => this with { WindowScale = body[0] },
            4 => this with { SackPermitted = true },
            5 => this with { SackBlocks = ReadBlocks(body) },
            _ => this with
            {
                Timestamps = (BinaryPrimitives.ReadUInt32BigEndian(body),
                    BinaryPrimitives.ReadUInt32BigEndian(body[4..])),
            },
        };
    }

    private static (uint Left, uint Right)[] ReadBlocks(ReadOnlySpan<byte> body)
    {
        (uint Left, uint Right)[] blocks = new (uint, uint)[body.Length / 8];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (BinaryPrimitives.ReadUInt32BigEndian(body[(8 * i)..]),
                BinaryPrimitives.ReadUInt32BigEndian(body[((8 * i) + 4)..]));
        }

        return blocks;
    }
}
