using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Control.Tests;

/// <summary>A UDP server on a loopback that answers "re: " and what it was sent.</summary>
internal sealed class DatagramOrigin : IDisposable
{
    private readonly Socket _socket;

    public DatagramOrigin(IPAddress address)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(address, 0));
        _ = Task.Run(ServeAsync);
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public ConcurrentQueue<(string Text, IPEndPoint From)> Received { get; } = [];

    /// <summary>Sends unasked.</summary>
    public void Send(string text, IPEndPoint to) =>
        _socket.SendTo(Encoding.Latin1.GetBytes(text), to);

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync()
    {
        byte[] buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                SocketReceiveFromResult got = await _socket.ReceiveFromAsync(
                    buffer, SocketFlags.None, new IPEndPoint(
                        _socket.AddressFamily == AddressFamily.InterNetwork
                            ? IPAddress.Any : IPAddress.IPv6Any, 0));
                string text = Encoding.Latin1.GetString(buffer, 0, got.ReceivedBytes);
                Received.Enqueue((text, (IPEndPoint)got.RemoteEndPoint));
                await _socket.SendToAsync(
                    Encoding.Latin1.GetBytes("re: " + text), got.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // the test is over
        }
    }
}
