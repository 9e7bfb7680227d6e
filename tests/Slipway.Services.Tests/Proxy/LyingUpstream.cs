using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Services.Tests.Proxy;

/// <summary>A proxy that does to each connection what the test says.</summary>
internal sealed class LyingUpstream : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<NetworkStream, CancellationToken, Task> _behave;
    private int _connections;

    public LyingUpstream(Func<NetworkStream, CancellationToken, Task> behave)
    {
        _behave = behave;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => $"http://127.0.0.1:{Port}";

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Reads the request's head, then answers with these bytes and stays.</summary>
    public static LyingUpstream Answering(string answer) => new(async (stream, stop) =>
    {
        await ReadHeadAsync(stream, stop);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), stop);
        await Task.Delay(Timeout.Infinite, stop);
    });

    /// <summary>The same, and then closes.</summary>
    public static LyingUpstream Closing(string answer) => new(async (stream, stop) =>
    {
        await ReadHeadAsync(stream, stop);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), stop);
    });

    public static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken stop)
    {
        StringBuilder head = new();
        byte[] buffer = new byte[4_096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int count = await stream.ReadAsync(buffer, stop);
            if (count == 0)
            {
                break;
            }

            head.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return head.ToString();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
            Interlocked.Increment(ref _connections);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await _behave(client.GetStream(), _stop.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException)
            {
                client.Close();
            }
        }
    }
}
