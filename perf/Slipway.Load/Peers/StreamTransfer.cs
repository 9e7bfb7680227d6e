using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Slipway.Load.Peers;

/// <summary>
/// Bytes in one direction. Who connects says in eight bytes which and for how long; who receives
/// measures, and says at the end what came.
/// </summary>
/// <remarks>
/// The rate is taken at the receiver over a fixed time that begins <see cref="Settle"/> after its
/// first byte: neither the handshake, nor a slow start, nor what is left in buffers counts. All
/// that a process has received is counted beside it, for the engine's processor time per byte.
/// </remarks>
internal static class StreamTransfer
{
    public const int RequestBytes = 8;
    public const int ReportBytes = 16;
    public const byte Upload = (byte)'u';
    public const byte Download = (byte)'d';

    /// <summary>Asks for <see cref="Received"/>.</summary>
    public const byte Ask = (byte)'a';

    private const int StallMs = 5000;
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(300);

    /// <summary>Large enough that system calls do not bound the generator.</summary>
    private const int BufferBytes = 512 << 10;

    private static long s_received;

    /// <summary>Bytes that this process has received in all transfers.</summary>
    public static long Received => Interlocked.Read(ref s_received);

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
    /// <returns>Bytes that counted, and the nanoseconds in which they came.</returns>
    public static (long Counted, long Nanoseconds) Receive(Socket socket, TimeSpan time)
    {
        byte[] buffer = new byte[BufferBytes];
        socket.ReceiveTimeout = (int)time.TotalMilliseconds + StallMs;
        Interlocked.Add(ref s_received, socket.Receive(buffer));
        long start = Stopwatch.GetTimestamp();
        long counted = 0;
        while (true)
        {
            int received = socket.Receive(buffer);
            TimeSpan window = Stopwatch.GetElapsedTime(start) - Settle;
            Interlocked.Add(ref s_received, received);
            counted += window > TimeSpan.Zero ? received : 0;
            if (received == 0 || window >= time)
            {
                return (counted, Math.Max(1, (long)window.TotalNanoseconds));
            }
        }
    }

    /// <summary>
    /// Sends until the receiver has said or done something, but not much longer than the time that
    /// is measured: an engine may leave what the receiver says behind what is sent.
    /// </summary>
    /// <returns>False if the receiver has closed.</returns>
    public static bool Send(Socket socket, TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan longest = Settle + time + TimeSpan.FromSeconds(1);
        // Untouched memory would all be one page of zeros, which stays in the nearest cache.
        byte[] buffer = new byte[BufferBytes];
        new Random(1).NextBytes(buffer);
        try
        {
            while (socket.Available == 0)
            {
                socket.Send(buffer);
                if (Stopwatch.GetElapsedTime(start) > longest)
                {
                    socket.Shutdown(SocketShutdown.Send);
                    break;
                }
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
        int received;
        while ((received = socket.Receive(buffer)) > 0)
        {
            Interlocked.Add(ref s_received, received);
        }
    }

    public static void WriteReport(Span<byte> report, (long First, long Second) numbers)
    {
        BinaryPrimitives.WriteInt64LittleEndian(report, numbers.First);
        BinaryPrimitives.WriteInt64LittleEndian(report[8..], numbers.Second);
    }

    public static (long First, long Second) ReadReport(ReadOnlySpan<byte> report) =>
        (BinaryPrimitives.ReadInt64LittleEndian(report),
            BinaryPrimitives.ReadInt64LittleEndian(report[8..]));
}
