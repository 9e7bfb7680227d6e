using System.Net;
using System.Net.Sockets;
using Slipway.Services;

namespace Slipway.Control.Tests;

/// <summary>Names that the proxy looks up for one guest, and another's.</summary>
public sealed class SharedNamesTests
{
    private const int Greedy = 2;
    private const int Modest = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("CONNECT {0}:443 HTTP/1.0\r\n\r\n")]
    [InlineData("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n")]
    public async Task Names_ThatNobodyAnswers_OfOneGuest_LeaveAnotherItsOwn(string request)
    {
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using ProxyWorld world = new(dns: new DnsSettings
        {
            NameServers = [(IPEndPoint)silent.LocalEndPoint!],
            MaxOutstandingPerGuest = 4,
        });
        byte[] query = new byte[512];
        List<Task<string>> waiting = [];
        for (int i = 0; i < 4; i++)
        {
            waiting.Add(world.AskAsync(
                Greedy, request.Replace("{0}", $"n{i}.test", StringComparison.Ordinal)));
        }

        for (int i = 0; i < 4; i++)
        {
            await silent.ReceiveAsync(query).WaitAsync(s_patience);
        }

        // That its name is asked for at all is what matters here.
        _ = world.AskAsync(
            Modest, request.Replace("{0}", "modest.test", StringComparison.Ordinal));
        int length = 0;
        while (!Contains(query.AsSpan(0, length), "modest"u8))
        {
            length = await silent.ReceiveAsync(query).WaitAsync(s_patience);
        }
    }

    // In any case of letters (0x20).
    private static bool Contains(ReadOnlySpan<byte> message, ReadOnlySpan<byte> label)
    {
        Span<byte> folded = stackalloc byte[message.Length];
        for (int i = 0; i < message.Length; i++)
        {
            folded[i] = (byte)char.ToLowerInvariant((char)message[i]);
        }

        return folded.IndexOf(label) >= 0;
    }
}
