using System.Buffers.Binary;

namespace Slipway.Load.Peers;

/// <summary>
/// What a datagram of the generator holds: kind (1 byte), run (4 at 4), and by kind two numbers (8
/// at 8, 8 at 16) and a size (4 at 24).
/// </summary>
internal static class DatagramMessage
{
    public const int MinimumBytes = 28;
    public const int MaximumBytes = 65536;

    /// <summary>One to be counted.</summary>
    public const byte Count = (byte)'c';

    /// <summary>Asks for what was received (at 8) and sent (at 16); the answer is alike.</summary>
    public const byte Ask = (byte)'a';

    /// <summary>
    /// Asks for datagrams of a size: bits per second (at 8, 0 unbounded) and time in ms (at 16).
    /// </summary>
    public const byte Flood = (byte)'f';

    public static byte Kind(ReadOnlySpan<byte> message) => message[0];

    public static uint Run(ReadOnlySpan<byte> message) =>
        BinaryPrimitives.ReadUInt32LittleEndian(message[4..]);

    public static int Size(ReadOnlySpan<byte> message) =>
        BinaryPrimitives.ReadInt32LittleEndian(message[24..]);

    public static long BitsPerSecond(ReadOnlySpan<byte> message) => First(message);

    public static TimeSpan Time(ReadOnlySpan<byte> message) =>
        TimeSpan.FromMilliseconds(Second(message));

    public static (long Received, long Sent) Counts(ReadOnlySpan<byte> message) =>
        (First(message), Second(message));

    public static void Write(Span<byte> message, byte kind, uint run)
    {
        message[0] = kind;
        BinaryPrimitives.WriteUInt32LittleEndian(message[4..], run);
    }

    public static void WriteCounts(Span<byte> message, long received, long sent)
    {
        BinaryPrimitives.WriteInt64LittleEndian(message[8..], received);
        BinaryPrimitives.WriteInt64LittleEndian(message[16..], sent);
    }

    public static void WriteFlood(
        Span<byte> message, uint run, long bitsPerSecond, TimeSpan time, int sizeBytes)
    {
        Write(message, Flood, run);
        WriteCounts(message, bitsPerSecond, (long)time.TotalMilliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(message[24..], sizeBytes);
    }

    private static long First(ReadOnlySpan<byte> message) =>
        BinaryPrimitives.ReadInt64LittleEndian(message[8..]);

    private static long Second(ReadOnlySpan<byte> message) =>
        BinaryPrimitives.ReadInt64LittleEndian(message[16..]);
}
