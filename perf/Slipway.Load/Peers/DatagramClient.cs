using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Load.Peers;

/// <summary>
/// Datagrams in one direction, at a rate or as fast as they go. Returns bps and packets per second
/// as received, lossPct, and bytes received.
/// </summary>
internal static class DatagramClient
{
    private const int IdleMs = 400;
    private const int AskAttempts = 8;

    public static Dictionary<string, double> Up(
        IPEndPoint to, long bitsPerSecond, int sizeBytes, TimeSpan time)
    {
        using Socket socket = Connect(to);
        uint run = NewRun();
        byte[] datagram = new byte[sizeBytes];
        DatagramMessage.Write(datagram, DatagramMessage.Count, run);
        _ = Counts(socket, run); // the flow stands before it is measured
        long sent = Pace.Run(bitsPerSecond, sizeBytes, time, () => socket.Send(datagram));
        Thread.Sleep(IdleMs);
        (long received, _) = Counts(socket, run);
        return Report(received, sent, sizeBytes, time.TotalSeconds);
    }

    public static Dictionary<string, double> Down(
        IPEndPoint to, long bitsPerSecond, int sizeBytes, TimeSpan time)
    {
        using Socket socket = Connect(to);
        uint run = NewRun();
        byte[] buffer = new byte[DatagramMessage.MaximumBytes];
        _ = Counts(socket, run);
        DatagramMessage.WriteFlood(buffer, run, bitsPerSecond, time, sizeBytes);
        socket.Send(buffer.AsSpan(0, DatagramMessage.MinimumBytes));
        long received = 0;
        long start = 0;
        long last = 0;
        while (TryReceive(socket, buffer))
        {
            last = Stopwatch.GetTimestamp();
            start = start == 0 ? last : start;
            received++;
        }

        (_, long sent) = Counts(socket, run);
        double seconds = Stopwatch.GetElapsedTime(start, last).TotalSeconds;
        return Report(received, sent, sizeBytes, Math.Max(seconds, time.TotalSeconds));
    }

    private static Socket Connect(IPEndPoint to)
    {
        Socket socket = PeerSocket.Datagram(to.AddressFamily);
        socket.Connect(to);
        socket.ReceiveTimeout = IdleMs;
        return socket;
    }

    private static uint NewRun() => (uint)Random.Shared.Next(1, int.MaxValue);

    private static (long Received, long Sent) Counts(Socket socket, uint run)
    {
        byte[] buffer = new byte[DatagramMessage.MaximumBytes];
        for (int attempt = 0; attempt < AskAttempts; attempt++)
        {
            DatagramMessage.Write(buffer, DatagramMessage.Ask, run);
            socket.Send(buffer.AsSpan(0, DatagramMessage.MinimumBytes));
            while (TryReceive(socket, buffer))
            {
                if (DatagramMessage.Kind(buffer) == DatagramMessage.Ask
                    && DatagramMessage.Run(buffer) == run)
                {
                    return DatagramMessage.Counts(buffer);
                }
            }
        }

        throw new IOException("the datagram server does not answer");
    }

    private static bool TryReceive(Socket socket, byte[] buffer)
    {
        try
        {
            return socket.Receive(buffer) > 0;
        }
        catch (SocketException e) when (e.SocketErrorCode
            is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return false;
        }
    }

    private static Dictionary<string, double> Report(
        long received, long sent, int sizeBytes, double seconds) => new()
        {
            ["bps"] = received * 8.0 * sizeBytes / seconds,
            ["pps"] = received / seconds,
            ["bytes"] = (double)received * sizeBytes,
            ["lossPct"] = sent == 0 ? 0 : Math.Max(0, 100.0 * (sent - received) / sent),
        };
}
