using System.Buffers.Binary;

namespace Slipway.Links;

/// <summary>
/// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, with one interface and times
/// in nanoseconds.
/// <code>
///   type u32 | total bytes u32 | body, padded to 4 | total bytes u32
///   option: code u16 | bytes u16 | value, padded to 4; one of code 0 ends them
/// </code>
/// </summary>
internal static class PcapngWriter
{
    /// <summary>Section header and interface description, in bytes.</summary>
    internal const int HeadBytes = 28 + 32;

    /// <summary>Interface statistics, in bytes.</summary>
    internal const int StatisticsBytes = 24 + 28;

    /// <summary>What a packet's block takes beside the packet, in bytes.</summary>
    private const int PacketOverheadBytes = 32 + 12;

    private const uint SectionHeader = 0x0a0d_0d0a;
    private const uint ByteOrder = 0x1a2b_3c4d;
    private const uint InterfaceDescription = 1;
    private const uint InterfaceStatistics = 5;
    private const uint EnhancedPacket = 6;
    private const ushort LinkTypeEthernet = 1;
    private const ushort OptionTimeResolution = 9;
    private const ushort OptionPacketFlags = 2;
    private const ushort OptionReceived = 4;
    private const ushort OptionDropped = 5;
    private const byte Nanoseconds = 9;
    private const uint FlagInbound = 1;
    private const uint FlagOutbound = 2;

    /// <summary>What a packet of this length takes.</summary>
    internal static int PacketBytes(int capturedBytes) =>
        PacketOverheadBytes + Padded(capturedBytes);

    /// <summary>What a file begins with.</summary>
    internal static void WriteHead(Span<byte> place, int snapLengthBytes)
    {
        place[..HeadBytes].Clear();
        Begin(place[..28], SectionHeader);
        BinaryPrimitives.WriteUInt32LittleEndian(place[8..], ByteOrder);
        BinaryPrimitives.WriteUInt16LittleEndian(place[12..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(place[16..], -1);
        Span<byte> description = place[28..HeadBytes];
        Begin(description, InterfaceDescription);
        BinaryPrimitives.WriteUInt16LittleEndian(description[8..], LinkTypeEthernet);
        BinaryPrimitives.WriteInt32LittleEndian(description[12..], snapLengthBytes);
        WriteOption(description[16..], OptionTimeResolution, 1);
        description[20] = Nanoseconds;
    }

    /// <summary>A packet; its direction is the guest's.</summary>
    internal static void WritePacket(
        Span<byte> place, bool isFromGuest, ReadOnlySpan<byte> captured, int originalBytes,
        long nanoseconds)
    {
        int padded = Padded(captured.Length);
        Begin(place, EnhancedPacket);
        WriteTime(place[8..], nanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(place[20..], captured.Length);
        BinaryPrimitives.WriteInt32LittleEndian(place[24..], originalBytes);
        captured.CopyTo(place[28..]);
        place[(28 + captured.Length)..(28 + padded)].Clear();
        Span<byte> options = place[(28 + padded)..];
        WriteOption(options, OptionPacketFlags, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(
            options[4..], isFromGuest ? FlagOutbound : FlagInbound);
        BinaryPrimitives.WriteUInt32LittleEndian(options[8..], 0);
    }

    /// <summary>How many packets there were, and how many are not in the file.</summary>
    internal static void WriteStatistics(
        Span<byte> place, long received, long dropped, long nanoseconds)
    {
        place[..StatisticsBytes].Clear();
        Begin(place[..StatisticsBytes], InterfaceStatistics);
        WriteTime(place[8..], nanoseconds);
        WriteOption(place[20..], OptionReceived, sizeof(ulong));
        BinaryPrimitives.WriteInt64LittleEndian(place[24..], received);
        WriteOption(place[32..], OptionDropped, sizeof(ulong));
        BinaryPrimitives.WriteInt64LittleEndian(place[36..], dropped);
    }

    private static int Padded(int lengthBytes) => (lengthBytes + 3) & ~3;

    private static void Begin(Span<byte> block, uint type)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block[^4..], block.Length);
    }

    // Interface 0, and the time in two halves.
    private static void WriteTime(Span<byte> place, long nanoseconds)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(place, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(place[4..], (uint)(nanoseconds >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(place[8..], (uint)nanoseconds);
    }

    private static void WriteOption(Span<byte> place, ushort code, ushort lengthBytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(place, code);
        BinaryPrimitives.WriteUInt16LittleEndian(place[2..], lengthBytes);
    }
}
