using System.Net;
using System.Net.Sockets;

namespace Slipway.Load.Peers;

/// <summary>
/// The UDP side of a server. Counts what comes, by the number of the run; floods whoever asks.
/// </summary>
internal sealed class DatagramServer
{
    private readonly Socket _socket =
        PeerSocket.Datagram(AddressFamily.InterNetworkV6);
    private uint _run;
    private long _received;
    private long _sent;

    public DatagramServer(int port) => _socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));

    public void Run()
    {
        byte[] buffer = new byte[DatagramMessage.MaximumBytes];
        SocketAddress from = new(AddressFamily.InterNetworkV6);
        while (true)
        {
            int length = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
            if (length < DatagramMessage.MinimumBytes)
            {
                continue;
            }

            uint run = DatagramMessage.Run(buffer);
            if (run != _run)
            {
                _run = run;
                _received = 0;
                _sent = 0;
            }

            switch (DatagramMessage.Kind(buffer))
            {
                case DatagramMessage.Count:
                    _received++;
                    break;
                case DatagramMessage.Ask:
                    DatagramMessage.WriteCounts(
                        buffer, _received, Interlocked.Read(ref _sent));
                    _socket.SendTo(
                        buffer.AsSpan(0, DatagramMessage.MinimumBytes), SocketFlags.None, from);
                    break;
                case DatagramMessage.Flood:
                    Flood(buffer.AsSpan(0, DatagramMessage.MinimumBytes).ToArray(), from);
                    from = new SocketAddress(AddressFamily.InterNetworkV6);
                    break;
            }
        }
    }

    private void Flood(byte[] request, SocketAddress to) => PeerSocket.Run(() =>
    {
        byte[] datagram = new byte[DatagramMessage.Size(request)];
        uint run = DatagramMessage.Run(request);
        DatagramMessage.Write(datagram, DatagramMessage.Count, run);
        long sent = Pace.Run(
            DatagramMessage.BitsPerSecond(request), datagram.Length,
            DatagramMessage.Time(request),
            () => _socket.SendTo(datagram, SocketFlags.None, to));
        Interlocked.Exchange(ref _sent, sent);
    });
}
