using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Slipway.Load.Peers;

/// <summary>
/// Bytes in one direction. Who connects says in eight bytes which and for how long; who receives
/// measures, and says at the end what came.
/// </summary>
/// <remarks>
/// The rate is taken at the receiver over a fixed time that begins <see cref="SettleMs"/> after its
/// first byte: neither the handshake, nor a slow start, nor what is left in buffers counts. The
/// total is everything, for the processor time per byte.
/// </remarks>
internal static class StreamTransfer
{
    public const int RequestBytes = 8;
    public const int ReportBytes = 24;
    public const byte Upload = (byte)'u';
    public const byte Download = (byte)'d';

    private const int SettleMs = 300;

    /// <summary>Large enough that system calls do not bound the generator.</summary>
    private const int BufferBytes = 512 << 10;

    public static byte[] Request(byte direction, TimeSpan time)
    {
        byte[] request = new byte[RequestBytes];
        request[0] = direction;
        BinaryPrimitives.WriteInt32LittleEndian(
            request.AsSpan(4), (int)time.TotalMilliseconds);
        return request;
    }

    public static TimeSpan RequestedTime(ReadOnlySpan<byte> request) =>
        TimeSpan.FromMilliseconds(BinaryPrimitives.ReadInt32LittleEndian(request[4..]));

    /// <summary>Receives for a time.</summary>
    /// <returns>Bytes that counted, the nanoseconds in which they came, all bytes.</returns>
    public static (long Counted, long Nanoseconds, long Total) Receive(Socket socket, TimeSpan time)
    {
        byte[] buffer = new byte[BufferBytes];
        socket.ReceiveTimeout = (int)time.TotalMilliseconds + 5000;
        long total = socket.Receive(buffer);
        long start = Stopwatch.GetTimestamp();
        long settled = 0;
        long counted = -1;
        while (true)
        {
            int received = socket.Receive(buffer);
            double elapsedMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            total += received;
            if (counted >= 0)
            {
                counted += received;
            }
            else if (elapsedMs >= SettleMs)
            {
                settled = Stopwatch.GetTimestamp();
                counted = 0;
            }

            if (received == 0 || elapsedMs >= SettleMs + time.TotalMilliseconds)
            {
                long nanoseconds = (long)Stopwatch.GetElapsedTime(settled).TotalNanoseconds;
                return counted < 0 ? (0, 1, total) : (counted, nanoseconds, total);
            }
        }
    }

    /// <summary>Sends until the receiver has said or done something; true if it has said.</summary>
    public static bool Send(Socket socket)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            while (socket.Available == 0)
            {
                socket.Send(buffer);
            }

            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode
            is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return false;
        }
    }

    /// <summary>Reads on so that the sender is not held up, until it closes.</summary>
    public static void Drain(Socket socket)
    {
        byte[] buffer = new byte[BufferBytes];
        while (socket.Receive(buffer) > 0)
        {
        }
    }

    public static void WriteReport(
        Span<byte> report, (long Counted, long Nanoseconds, long Total) result)
    {
        BinaryPrimitives.WriteInt64LittleEndian(report, result.Counted);
        BinaryPrimitives.WriteInt64LittleEndian(report[8..], result.Nanoseconds);
        BinaryPrimitives.WriteInt64LittleEndian(report[16..], result.Total);
    }

    public static (long Counted, long Nanoseconds, long Total) ReadReport(
        ReadOnlySpan<byte> report) =>
        (BinaryPrimitives.ReadInt64LittleEndian(report),
            BinaryPrimitives.ReadInt64LittleEndian(report[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(report[16..]));
}
