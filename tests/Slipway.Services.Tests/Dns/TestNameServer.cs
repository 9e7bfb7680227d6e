using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

/// <summary>
/// A real name server on a port of the loopback, UDP and TCP, that answers as a test says.
/// </summary>
internal sealed class TestNameServer : IDisposable
{
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<byte[], bool, byte[]?> _answer;
    private readonly List<EndPoint> _sources = [];
    private readonly List<byte[]> _queries = [];

    /// <param name="answer">The response to a query (true: over TCP); null for silence.</param>
    public TestNameServer(Func<byte[], bool, byte[]?> answer)
    {
        _answer = answer;
        (_tcp, _udp) = BindBoth();
        EndPoint = (IPEndPoint)_udp.LocalEndPoint!;
        _tcp.Listen();
        _ = ServeDatagramsAsync();
        _ = ServeStreamsAsync();
    }

    public IPEndPoint EndPoint { get; }

    // A port that is free for both: one that is for the first may be taken for the other.
    private static (Socket Tcp, Socket Udp) BindBoth()
    {
        const int Attempts = 100;
        for (int left = Attempts; ; left--)
        {
            Socket tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            Socket udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            try
            {
                tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                udp.Bind(tcp.LocalEndPoint!);
                return (tcp, udp);
            }
            catch (SocketException) when (left > 1)
            {
                tcp.Dispose();
                udp.Dispose();
            }
        }
    }

    /// <summary>Before each answer over UDP.</summary>
    public TimeSpan Delay { get; init; }

    public List<byte[]> Queries
    {
        get
        {
            lock (_queries)
            {
                return [.. _queries];
            }
        }
    }

    public List<EndPoint> Sources
    {
        get
        {
            lock (_queries)
            {
                return [.. _sources];
            }
        }
    }

    /// <summary>An answer of some addresses.</summary>
    public static byte[] Addresses(byte[] query, params string[] addresses) =>
        Write(query, DnsResponseCode.NoError, addresses);

    public static byte[] Failure(byte[] query, DnsResponseCode code) => Write(query, code, []);

    /// <summary>Sends anything from the server's port.</summary>
    public void Send(byte[] datagram, EndPoint to) => _udp.SendTo(datagram, to);

    public void Dispose()
    {
        _stopping.Cancel();
        _udp.Dispose();
        _tcp.Dispose();
    }

    private static byte[] Write(byte[] query, DnsResponseCode code, string[] addresses)
    {
        DnsMessage.TryParse(query, out DnsMessage message);
        byte[] name = new byte[255];
        message.TryReadQuestion(name, out DnsQuestion question);
        message.TryReadEdns(question, out DnsEdns edns);
        byte[] response = new byte[65_535];
        DnsMessageWriter writer =
            DnsMessageWriter.Reply(message, question.EndOffset, edns, response);
        writer.Conclude(code, authoritative: false);
        foreach (string address in addresses)
        {
            writer.AddAddress(
                name.AsSpan(0, question.NameLengthBytes), IpAddress.Parse(address), 300);
        }

        return response[..writer.Finish()];
    }

    private async Task ServeDatagramsAsync()
    {
        byte[] buffer = new byte[65_535];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _udp.ReceiveFromAsync(
                    buffer, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
                byte[] query = buffer[..received.ReceivedBytes];
                Record(query, received.RemoteEndPoint);
                _ = AnswerAsync(query, received.RemoteEndPoint);
            }
        }
        catch (Exception error)
            when (error is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            Assert.True(_stopping.IsCancellationRequested, error.ToString());
        }
    }

    private async Task AnswerAsync(byte[] query, EndPoint source)
    {
        await Task.Delay(Delay);
        if (_answer(query, false) is byte[] response && !_stopping.IsCancellationRequested)
        {
            await _udp.SendToAsync(response, source);
        }
    }

    private async Task ServeStreamsAsync()
    {
        try
        {
            while (true)
            {
                using Socket socket = await _tcp.AcceptAsync(_stopping.Token);
                await using NetworkStream stream = new(socket);
                byte[] length = new byte[2];
                await stream.ReadExactlyAsync(length, _stopping.Token);
                byte[] query = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(query, _stopping.Token);
                Record(query, socket.RemoteEndPoint!);
                if (_answer(query, true) is byte[] response)
                {
                    BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)response.Length);
                    await stream.WriteAsync(
                        new byte[][] { length, response }.SelectMany(part => part).ToArray());
                }
            }
        }
        catch (Exception error)
            when (error is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            Assert.True(_stopping.IsCancellationRequested, error.ToString());
        }
    }

    private void Record(byte[] query, EndPoint source)
    {
        lock (_queries)
        {
            _queries.Add(query);
            _sources.Add(source);
        }
    }
}
