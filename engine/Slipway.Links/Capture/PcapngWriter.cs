using System.Buffers.Binary;

namespace Slipway.Links;

/// <summary>
/// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, with times in nanoseconds.
/// <code>
///   type u32 | total bytes u32 | body, padded to 4 | total bytes u32
///   option: code u16 | bytes u16 | value, padded to 4; one of code 0 ends them
/// </code>
/// </summary>
internal static class PcapngWriter
{
    /// <summary>Section header, in bytes.</summary>
    internal const int HeadBytes = 28;

    /// <summary>Interface statistics, in bytes.</summary>
    internal const int StatisticsBytes = 24 + 28;

    /// <summary>What a packet's block takes beside the packet and a comment, in bytes.</summary>
    private const int PacketOverheadBytes = 32 + 12;

    /// <summary>An option's code and length, in bytes.</summary>
    private const int OptionBytes = 4;

    private const uint SectionHeader = 0x0a0d_0d0a;
    private const uint ByteOrder = 0x1a2b_3c4d;
    private const uint InterfaceDescription = 1;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const ushort LinkTypeEthernet = 1;
    private const ushort OptionComment = 1;
    private const ushort OptionInterfaceName = 2;
    private const ushort OptionTimeResolution = 9;
    private const ushort OptionPacketFlags = 2;
    private const ushort OptionReceived = 4;
    private const ushort OptionDropped = 5;
    private const byte Nanoseconds = 9;
    private const uint FlagInbound = 1;
    private const uint FlagOutbound = 2;

    /// <summary>What a file begins with.</summary>
    internal static void WriteHead(Span<byte> place)
    {
        place[..HeadBytes].Clear();
        Begin(place[..HeadBytes], SectionHeader);
        BinaryPrimitives.WriteUInt32LittleEndian(place[8..], ByteOrder);
        BinaryPrimitives.WriteUInt16LittleEndian(place[12..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(place[16..], -1);
    }

    /// <summary>What the description of an interface takes.</summary>
    internal static int InterfaceBytes(int nameBytes) =>
        16 + OptionBytes + Padded(nameBytes) + OptionBytes + 4 + OptionBytes + 4;

    /// <summary>An interface; they are numbered in the order of their descriptions.</summary>
    internal static void WriteInterface(
        Span<byte> place, ReadOnlySpan<byte> name, int snapLengthBytes)
    {
        place.Clear();
        Begin(place, InterfaceDescription);
        BinaryPrimitives.WriteUInt16LittleEndian(place[8..], LinkTypeEthernet);
        BinaryPrimitives.WriteInt32LittleEndian(place[12..], snapLengthBytes);
        Span<byte> options = WriteOption(place[16..], OptionInterfaceName, name);
        WriteOption(options, OptionTimeResolution, [Nanoseconds]);
    }

    /// <summary>What a packet of this length takes.</summary>
    internal static int PacketBytes(int capturedBytes, int commentBytes) =>
        PacketOverheadBytes + Padded(capturedBytes)
            + (commentBytes == 0 ? 0 : OptionBytes + Padded(commentBytes));

    /// <summary>A packet; its direction is the guest's.</summary>
    internal static void WritePacket(
        Span<byte> place, int interfaceNumber, in CapturedFrame frame,
        ReadOnlySpan<byte> captured, ReadOnlySpan<byte> comment)
    {
        int padded = Padded(captured.Length);
        Begin(place, EnhancedPacket);
        WriteTime(place[8..], interfaceNumber, frame.Nanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(place[20..], captured.Length);
        BinaryPrimitives.WriteInt32LittleEndian(place[24..], frame.Bytes.Length);
        captured.CopyTo(place[28..]);
        place[(28 + captured.Length)..(28 + padded)].Clear();
        Span<byte> options = place[(28 + padded)..];
        if (!comment.IsEmpty)
        {
            options = WriteOption(options, OptionComment, comment);
        }

        Span<byte> flags = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(
            flags, frame.IsFromGuest ? FlagOutbound : FlagInbound);
        options = WriteOption(options, OptionPacketFlags, flags);
        options[..OptionBytes].Clear();
    }

    /// <summary>How many packets there were, and how many are not in the file.</summary>
    internal static void WriteStatistics(
        Span<byte> place, int interfaceNumber, long received, long dropped, long nanoseconds)
    {
        place[..StatisticsBytes].Clear();
        Begin(place[..StatisticsBytes], InterfaceStatistics);
        WriteTime(place[8..], interfaceNumber, nanoseconds);
        Span<byte> count = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(count, received);
        Span<byte> options = WriteOption(place[20..], OptionReceived, count);
        BinaryPrimitives.WriteInt64LittleEndian(count, dropped);
        WriteOption(options, OptionDropped, count);
    }

    private static int Padded(int lengthBytes) => (lengthBytes + 3) & ~3;

    private static void Begin(Span<byte> block, uint type)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], block.Length);
    }

    // The interface, and the time in two halves.
    private static void WriteTime(Span<byte> place, int interfaceNumber, long nanoseconds)
    {
        BinaryPrimitives.WriteInt32LittleEndian(place, interfaceNumber);
        BinaryPrimitives.WriteUInt32LittleEndian(place[4..], (uint)(nanoseconds >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(place[8..], (uint)nanoseconds);
    }

    // Returns what is behind it.
    private static Span<byte> WriteOption(
        Span<byte> place, ushort code, scoped ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(place, code);
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], (ushort)value.Length);
        int padded = Padded(value.Length);
        place.Slice(OptionBytes, padded).Clear();
        value.CopyTo(place[OptionBytes..]);
        return place[(OptionBytes + padded)..];
    }
}
