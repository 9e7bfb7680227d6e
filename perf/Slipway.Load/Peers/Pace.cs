using System.Diagnostics;
using System.Net.Sockets;
using Slipway.Linux;

namespace Slipway.Load.Peers;

/// <summary>Sends datagrams at a rate, or as fast as they go.</summary>
internal static class Pace
{
    /// <summary>
    /// Short bursts: 1 Gbit/s of 1,400-byte datagrams is 22 a burst, which no queue on the path
    /// overflows with.
    /// </summary>
    private const long BurstNanoseconds = 250_000;

    /// <summary>Calls <paramref name="send"/> for a time; returns how often it did.</summary>
    public static long Run(long bitsPerSecond, int sizeBytes, TimeSpan time, Action send)
    {
        int epoll = Epoll.Create();
        EpollEvents none = new(1);
        long start = Stopwatch.GetTimestamp();
        long sent = 0;
        double perSecond = bitsPerSecond == 0 ? double.MaxValue : bitsPerSecond / 8.0 / sizeBytes;
        TimeSpan elapsed;
        while ((elapsed = Stopwatch.GetElapsedTime(start)) < time)
        {
            if (sent >= elapsed.TotalSeconds * perSecond)
            {
                _ = Epoll.Wait(epoll, none, BurstNanoseconds); // sleeps to the microsecond
                continue;
            }

            try
            {
                send();
                sent++;
            }
            catch (SocketException e) when (e.SocketErrorCode
                is SocketError.NoBufferSpaceAvailable or SocketError.ConnectionRefused)
            {
                sent++; // lost on the way, as one dropped by a queue
            }
        }

        Files.Close(epoll);
        return sent;
    }
}
