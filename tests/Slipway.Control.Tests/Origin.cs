using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Control.Tests;

/// <summary>
/// A server that keeps the head of each request, and answers as the test says; also an upstream.
/// </summary>
internal sealed class Origin : IDisposable
{
    private readonly Socket _listener =
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private readonly Func<string, Socket, Task> _answer;
    private int _connections;

    /// <param name="answer">Given a head, and the connection to answer on.</param>
    public Origin(Func<string, Socket, Task> answer)
    {
        _answer = answer;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _ = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Connections that have come.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public ConcurrentQueue<string> Heads { get; } = [];

    /// <summary>Answers each request with the same.</summary>
    public static Origin Of(string response) => new(
        (_, socket) => socket.SendAsync(Encoding.Latin1.GetBytes(response)));

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                Interlocked.Increment(ref _connections);
                _ = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // the test is over
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using (socket)
        {
            StringBuilder text = new();
            byte[] buffer = new byte[4_096];
            try
            {
                int read;
                while ((read = await socket.ReceiveAsync(buffer)) > 0)
                {
                    text.Append(Encoding.Latin1.GetString(buffer, 0, read));
                    int end;
                    while ((end = text.ToString().IndexOf("\r\n\r\n", StringComparison.Ordinal))
                        >= 0)
                    {
                        string head = text.ToString(0, end + 4);
                        text.Remove(0, end + 4);
                        Heads.Enqueue(head);
                        await _answer(head, socket);
                    }
                }
            }
            catch (SocketException)
            {
                return; // the proxy has reset it
            }
        }
    }
}
