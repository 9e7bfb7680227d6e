using System.Net.Sockets;

namespace Slipway.Load.Peers;

/// <summary>All services of <see cref="PeerPorts"/>, a thread a connection.</summary>
internal static class PeerServer
{
    /// <summary>More than are in flight, so that a late request holds up no other.</summary>
    private const int OnceThreads = 32;

    private const int EchoBytes = 64 << 10;

    /// <summary>A receiver that closes ends a download; this is for one that never does.</summary>
    private static readonly TimeSpan LateStart = TimeSpan.FromSeconds(5);

    public static int Run(int firstPort)
    {
        Socket once = PeerSocket.Listen(firstPort + PeerPorts.Once);
        for (int i = 0; i < OnceThreads; i++)
        {
            PeerSocket.Run(() => AnswerOnce(once));
        }

        Accept(firstPort + PeerPorts.Stream, Transfer);
        Accept(firstPort + PeerPorts.Echo, Echo);
        for (int i = 0; i < PeerPorts.HoldCount; i++)
        {
            Hold(firstPort + PeerPorts.Hold + i);
        }

        DatagramServer datagrams = new(firstPort + PeerPorts.Datagram);
        PeerSocket.Run(datagrams.Run);
        Console.WriteLine("ready");
        while (Console.In.Read() >= 0)
        {
        }

        return 0;
    }

    private static void Accept(int port, Action<Socket> serve)
    {
        Socket listener = PeerSocket.Listen(port);
        PeerSocket.Run(() =>
        {
            while (true)
            {
                Socket client = listener.Accept();
                PeerSocket.Run(() =>
                {
                    using (client)
                    {
                        serve(client);
                    }
                });
            }
        });
    }

    private static void Transfer(Socket client)
    {
        byte[] request = new byte[StreamTransfer.RequestBytes];
        if (!PeerSocket.TryReceiveAll(client, request))
        {
            return;
        }

        TimeSpan time = StreamTransfer.RequestedTime(request);
        if (request[0] == StreamTransfer.Download)
        {
            StreamTransfer.Send(client, time + LateStart);
            return;
        }

        byte[] report = new byte[StreamTransfer.ReportBytes];
        StreamTransfer.WriteReport(report, request[0] == StreamTransfer.Ask
            ? (StreamTransfer.Received, 0) : StreamTransfer.Receive(client, time));
        client.Send(report);
        StreamTransfer.Drain(client);
    }

    private static void Echo(Socket client)
    {
        client.NoDelay = true;
        byte[] buffer = new byte[EchoBytes];
        int received;
        while ((received = client.Receive(buffer)) > 0)
        {
            client.Send(buffer.AsSpan(0, received));
        }
    }

    private static void AnswerOnce(Socket listener)
    {
        byte[] buffer = new byte[EchoBytes];
        while (true)
        {
            using Socket client = listener.Accept();
            try
            {
                int received = client.Receive(buffer);
                client.Send(buffer.AsSpan(0, received));
            }
            catch (SocketException e)
            {
                Console.Error.WriteLine(e.Message); // counted by the client
            }
        }
    }

    private static void Hold(int port)
    {
        Socket listener = PeerSocket.Listen(port);
        PeerSocket.Run(() =>
        {
            List<Socket> held = [];
            while (true)
            {
                Socket client = listener.Accept();
                client.Send([1]);
                held.Add(client);

                // What the client has closed is closed here, when its descriptors are needed.
                if (held.Count % 1000 == 0)
                {
                    held.RemoveAll(IsClosed);
                }
            }
        });
    }

    private static bool IsClosed(Socket socket)
    {
        if (!socket.Poll(0, SelectMode.SelectRead))
        {
            return false;
        }

        socket.Dispose();
        return true;
    }
}
