using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dns;

public sealed class StreamTests
{
    private static byte[] Framed(byte[] message)
    {
        byte[] framed = new byte[2 + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, 2);
        return framed;
    }

    private static async Task<Response> ReadAsync(Stream stream)
    {
        byte[] length = new byte[2];
        await stream.ReadExactlyAsync(length).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        byte[] response = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(response).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        return new Response(response);
    }

    private static async Task<(NetworkStream Guest, Task Serving)> ConnectAsync(
        DnsExchange exchange)
    {
        using Socket listener =
            new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket guest = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await guest.ConnectAsync(listener.LocalEndPoint!);
        NetworkStream service = new(await listener.AcceptAsync(), ownsSocket: true);
        Task serving = exchange.Server.ServeStreamAsync(service, DnsExchange.Guest);
        return (new NetworkStream(guest, ownsSocket: true), serving);
    }

    [Fact]
    public async Task Stream_QueriesInPiecesAndPipelined_AreAllAnswered()
    {
        using DnsExchange exchange = new();
        (NetworkStream guest, Task serving) = await ConnectAsync(exchange);
        byte[] both =
        [
            .. Framed(new Query("host.internal") { Id = 1 }),
            .. Framed(new Query("gateway.internal") { Id = 2 }),
        ];
        foreach (byte octet in both)
        {
            guest.WriteByte(octet);
        }

        HashSet<ushort> ids = [(await ReadAsync(guest)).Id, (await ReadAsync(guest)).Id];
        Assert.Equal(new HashSet<ushort> { 1, 2 }, ids);
        guest.Dispose();
        await serving.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Stream_SlowAnswer_DoesNotHoldUpAnother()
    {
        using TestNameServer dead = new((_, _) => null);
        using DnsExchange exchange = new([dead.EndPoint]);
        (NetworkStream guest, Task serving) = await ConnectAsync(exchange);
        await guest.WriteAsync(Framed(new Query("slow.example") { Id = 1 }));
        await guest.WriteAsync(Framed(new Query("host.internal") { Id = 2 }));
        Assert.Equal(2, (await ReadAsync(guest)).Id);
        guest.Dispose();
        exchange.Server.Dispose();
        await serving.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Stream_WhoseAnswersAreNotRead_EndsThoughMoreIsAsked()
    {
        DnsNamedRecord large = new("large.test", DnsRecordContent.Text(new string('t', 60_000)));
        using DnsExchange exchange = new(with: settings => settings with
        {
            Records = [large],
            StreamIdleTime = TimeSpan.FromSeconds(1),
        });
        (NetworkStream guest, Task serving) = await ConnectAsync(exchange);
        using (guest)
        {
            // What was cut off in the midst of an answer has no end and no next one.
            for (int i = 0; i < 200 && !serving.IsCompleted; i++)
            {
                try
                {
                    await guest.WriteAsync(Framed(new Query("large.test", DnsType.Txt)))
                        .AsTask().WaitAsync(TimeSpan.FromMilliseconds(100));
                }
                catch (Exception error) when (error is IOException or TimeoutException)
                {
                    await Task.WhenAny(serving, Task.Delay(100));
                }

                await Task.WhenAny(serving, Task.Delay(50));
            }

            Assert.True(serving.IsCompleted);
        }
    }

    [Fact]
    public async Task Stream_HalfClosed_GetsItsAnswerFirst()
    {
        using TestNameServer server =
            new((query, _) => TestNameServer.Addresses(query, "192.0.2.1"))
        {
            Delay = TimeSpan.FromMilliseconds(100),
        };
        using DnsExchange exchange = new([server.EndPoint]);
        (NetworkStream guest, Task serving) = await ConnectAsync(exchange);
        await guest.WriteAsync(Framed(new Query("a.example")));
        guest.Socket.Shutdown(SocketShutdown.Send);
        Assert.Single((await ReadAsync(guest)).Answers);
        await serving.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, await guest.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task Stream_Silent_IsClosed()
    {
        using DnsExchange exchange = new(
            with: settings => settings with { StreamIdleTime = TimeSpan.FromMilliseconds(100) });
        (NetworkStream guest, Task serving) = await ConnectAsync(exchange);
        await guest.WriteAsync(new byte[] { 0 });
        await serving.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, await guest.ReadAsync(new byte[1]));
    }

    [Theory]
    [InlineData("0000")]
    [InlineData("000561626364")]
    [InlineData("ffff")]
    public async Task Stream_LengthThatNoQueryHas_EndsTheConnection(string hex)
    {
        using DnsExchange exchange = new();
        (NetworkStream guest, Task serving) = await ConnectAsync(exchange);
        await guest.WriteAsync(Convert.FromHexString(hex));
        await serving.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(1, exchange.Server.Counters.Malformed);
        guest.Dispose();
    }

    [Fact]
    public async Task Stream_OverTheBound_IsClosedAtOnce()
    {
        using DnsExchange exchange =
            new(with: settings => settings with { MaxStreamsPerGuest = 2 });
        (NetworkStream first, _) = await ConnectAsync(exchange);
        (NetworkStream second, _) = await ConnectAsync(exchange);
        (NetworkStream third, Task refused) = await ConnectAsync(exchange);
        await refused.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(0, await third.ReadAsync(new byte[1]));
        await first.WriteAsync(Framed(new Query("host.internal")));
        Assert.Single((await ReadAsync(first)).Answers);
        first.Dispose();
        second.Dispose();
    }
}
