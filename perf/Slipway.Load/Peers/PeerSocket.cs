using System.Net;
using System.Net.Sockets;

namespace Slipway.Load.Peers;

/// <summary>Blocking sockets with the options that both sides use.</summary>
internal static class PeerSocket
{
    private const int SolSocket = 1;
    private const int IpprotoTcp = 6;
    private const int TcpCongestion = 13;
    private const int ReceiveBufferForce = 33;
    private const int DatagramBufferBytes = 4 << 20;
    private const int Backlog = 4096;

    private static volatile bool s_hasCubic = true;

    /// <summary>Listens in both families.</summary>
    public static Socket Listen(int port)
    {
        Socket socket = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
        {
            DualMode = true,
        };
        UseCubic(socket);
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        socket.Listen(Backlog);
        return socket;
    }

    public static Socket Connect(IPEndPoint to)
    {
        Socket socket = new(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        UseCubic(socket);
        try
        {
            socket.Connect(to);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A UDP socket whose buffer does not overflow because its reader waits for a processor: as
    /// root beyond the system's limit.
    /// </summary>
    /// <param name="family">IPv6 speaks both.</param>
    public static Socket Datagram(AddressFamily family)
    {
        Socket socket = new(family, SocketType.Dgram, ProtocolType.Udp);
        if (family == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        socket.ReceiveBufferSize = DatagramBufferBytes;
        try
        {
            Span<byte> size = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(size, DatagramBufferBytes);
            socket.SetRawSocketOption(SolSocket, ReceiveBufferForce, size);
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine($"a small UDP buffer: {e.Message}");
        }

        return socket;
    }

    // What Linux has by default; some kernels let a namespace choose only another one, but root
    // may ask for it.
    private static void UseCubic(Socket socket)
    {
        if (!s_hasCubic)
        {
            return;
        }

        try
        {
            socket.SetRawSocketOption(IpprotoTcp, TcpCongestion, "cubic"u8);
        }
        catch (SocketException e)
        {
            s_hasCubic = false;
            Console.Error.WriteLine($"congestion control is not cubic: {e.Message}");
        }
    }

    /// <summary>False when the connection ends before the span is full.</summary>
    public static bool TryReceiveAll(Socket socket, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int received = socket.Receive(bytes);
            if (received == 0)
            {
                return false;
            }

            bytes = bytes[received..];
        }

        return true;
    }

    /// <summary>Runs on a thread of its own; connections may break there without harm.</summary>
    public static Thread Run(Action action)
    {
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (SocketException e)
            {
                // The other side ends a measurement by closing.
                if (e.SocketErrorCode is not (SocketError.ConnectionReset or SocketError.Shutdown))
                {
                    Console.Error.WriteLine(e.Message);
                }
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return thread;
    }
}
