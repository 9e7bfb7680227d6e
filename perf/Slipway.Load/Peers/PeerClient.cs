using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Load.Peers;

/// <summary>The sides that connect and measure; each returns named numbers.</summary>
internal static class PeerClient
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>bps, bytes: throughput of some streams together.</summary>
    public static Dictionary<string, double> Stream(
        IPEndPoint to, byte direction, int streams, TimeSpan time)
    {
        double bitsPerSecond = 0;
        long before = Received(to, direction);
        int finished = 0;
        Lock sum = new();
        Thread[] threads = new Thread[streams];
        for (int i = 0; i < streams; i++)
        {
            threads[i] = PeerSocket.Run(() =>
            {
                using Socket socket = PeerSocket.Connect(to);
                (long counted, long nanoseconds) = Transfer(socket, direction, time);

                // What is still on its way would disturb what is measured next.
                socket.LingerState = new LingerOption(true, 0);
                lock (sum)
                {
                    bitsPerSecond += counted * 8e9 / nanoseconds;
                    finished++;
                }
            });
        }

        long end = Environment.TickCount64 + (long)(time + Patience).TotalMilliseconds;
        foreach (Thread thread in threads)
        {
            thread.Join((int)Math.Max(0, end - Environment.TickCount64));
        }

        double bytes = Received(to, direction) - before;
        lock (sum)
        {
            return new() { ["bps"] = bitsPerSecond, ["bytes"] = bytes, ["finished"] = finished };
        }
    }

    /// <summary>
    /// p50us, p99us, rate, errors: one byte there and back, again and again, on one connection.
    /// </summary>
    public static Dictionary<string, double> RequestResponse(IPEndPoint to, TimeSpan time)
    {
        Latencies latencies = new(time);
        using Socket socket = PeerSocket.Connect(to);
        socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        byte[] buffer = new byte[1];
        while (latencies.IsRunning)
        {
            long start = Stopwatch.GetTimestamp();
            socket.Send(buffer);
            if (socket.Receive(buffer) == 0)
            {
                break;
            }

            latencies.Add(start);
        }

        return latencies.Report();
    }

    /// <summary>
    /// The same numbers: connect, request, answer, close, with some at a time in flight.
    /// </summary>
    public static Dictionary<string, double> ConnectRequestClose(
        IPEndPoint to, int inFlight, TimeSpan time)
    {
        Latencies latencies = new(time);
        Thread[] threads = new Thread[inFlight];
        for (int i = 0; i < inFlight; i++)
        {
            threads[i] = PeerSocket.Run(() =>
            {
                byte[] buffer = new byte[1];
                while (latencies.IsRunning)
                {
                    long start = Stopwatch.GetTimestamp();
                    if (TryOnce(to, buffer))
                    {
                        latencies.Add(start);
                    }
                    else
                    {
                        latencies.AddError();
                    }
                }
            });
        }

        Array.ForEach(threads, thread => thread.Join(time + TimeSpan.FromSeconds(3)));
        return latencies.Report();
    }

    /// <summary>Opens connections and waits for each to be greeted.</summary>
    /// <returns>The connections, for the caller to hold, and open, errors, seconds.</returns>
    public static (List<Socket> Held, Dictionary<string, double> Report) Open(
        IPAddress to, int firstPort, int count)
    {
        const int threadCount = 16;
        List<Socket> held = [];
        int errors = 0;
        int next = 0;
        long start = Stopwatch.GetTimestamp();
        Thread[] threads = new Thread[threadCount];
        for (int i = 0; i < threadCount; i++)
        {
            threads[i] = PeerSocket.Run(() =>
            {
                byte[] greeting = new byte[1];
                for (int n; (n = Interlocked.Increment(ref next)) <= count;)
                {
                    IPEndPoint server = new(to, firstPort + (n % PeerPorts.HoldCount));
                    if (TryOpen(server, greeting) is Socket socket)
                    {
                        lock (held)
                        {
                            held.Add(socket);
                        }
                    }
                    else
                    {
                        Interlocked.Increment(ref errors);
                    }
                }
            });
        }

        Array.ForEach(threads, thread => thread.Join(TimeSpan.FromSeconds(60)));
        return (held, new()
        {
            ["open"] = held.Count,
            ["errors"] = errors,
            ["seconds"] = Stopwatch.GetElapsedTime(start).TotalSeconds,
        });
    }

    /// <summary>All bytes that the receiving side has had so far.</summary>
    private static long Received(IPEndPoint server, byte direction)
    {
        if (direction == StreamTransfer.Download)
        {
            return StreamTransfer.Received;
        }

        using Socket socket = PeerSocket.Connect(server);
        socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        socket.Send(StreamTransfer.Request(StreamTransfer.Ask, TimeSpan.Zero));
        byte[] report = new byte[StreamTransfer.ReportBytes];
        return PeerSocket.TryReceiveAll(socket, report)
            ? StreamTransfer.ReadReport(report).First : 0;
    }

    private static (long Counted, long Nanoseconds) Transfer(
        Socket socket, byte direction, TimeSpan time)
    {
        socket.Send(StreamTransfer.Request(direction, time));
        if (direction == StreamTransfer.Download)
        {
            return StreamTransfer.Receive(socket, time);
        }

        byte[] report = new byte[StreamTransfer.ReportBytes];
        return StreamTransfer.Send(socket, time) && PeerSocket.TryReceiveAll(socket, report)
            ? StreamTransfer.ReadReport(report) : (0, 1);
    }

    private static bool TryOnce(IPEndPoint to, byte[] buffer)
    {
        try
        {
            using Socket socket = PeerSocket.Connect(to);
            socket.ReceiveTimeout = 2000;
            socket.Send(buffer);
            return socket.Receive(buffer) == 1 && socket.Receive(buffer) == 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket? TryOpen(IPEndPoint to, byte[] greeting)
    {
        Socket? socket = null;
        try
        {
            socket = PeerSocket.Connect(to);
            socket.ReceiveTimeout = 5000;
            if (socket.Receive(greeting) == 1)
            {
                return socket;
            }
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine(e.Message);
        }

        socket?.Dispose();
        return null;
    }
}
