using Slipway.Services;

namespace Slipway.Control.Tests;

/// <summary>
/// Names that the host resolves to addresses which guests may not reach: what a name server of
/// somebody else's may say at any time.
/// </summary>
public sealed class ForbiddenNameTests : IDisposable
{
    private readonly string _hosts = Path.GetTempFileName();

    public ForbiddenNameTests() => File.WriteAllText(_hosts, """
        240.0.0.1 reserved.test
        fe80::1 link.test
        169.254.169.254 metadata.test
        192.168.127.1 gateway.test

        """);

    public void Dispose() => File.Delete(_hosts);

    [Theory]
    [InlineData("reserved.test")]
    [InlineData("link.test")]
    [InlineData("metadata.test")]
    [InlineData("gateway.test")]
    public async Task Name_OfAForbiddenAddress_IsRefusedByEveryFrontEndAndLogged(string name)
    {
        using Origin origin = Origin.Of("secret");
        using ProxyWorld world = new(dns: new DnsSettings { HostsPath = _hosts });
        string place = $"{name}:{origin.Port}";
        string plain = await world.AskAsync(
            $"GET http://{place}/ HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403 ", plain, StringComparison.Ordinal);
        string tunnel = await world.AskAsync(
            $"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403 ", tunnel, StringComparison.Ordinal);
        string socks = await world.AskAsync(
            $"\x05\x01\0\x05\x01\0\x03{(char)name.Length}{name}"
                + $"{(char)(origin.Port >> 8)}{(char)(origin.Port & 0xff)}",
            ProxyWorld.SocksPort);
        Assert.Equal("\x05\0\x05\x02\0\x01\0\0\0\0\0\0", socks);
        Assert.Equal(
            3, world.Log.Count(line => line.Contains(place, StringComparison.Ordinal)));
        Assert.Equal(
            2, world.Log.Count(line => line.Contains("403", StringComparison.Ordinal)));
        Assert.Empty(origin.Heads);
    }

    [Fact]
    public async Task Name_OfAForbiddenAddress_IsNotAskedOfTheNextUpstream()
    {
        using Origin upstream = Origin.Of("HTTP/1.1 200 OK\r\n\r\n");
        using ProxyWorld world = new(
            upstream: $"direct,http://127.0.0.1:{upstream.Port}",
            dns: new DnsSettings { HostsPath = _hosts });
        foreach (string request in (string[])[
            "GET http://reserved.test/ HTTP/1.1\r\nHost: reserved.test\r\n\r\n",
            "CONNECT reserved.test:443 HTTP/1.1\r\nHost: reserved.test:443\r\n\r\n"])
        {
            Assert.StartsWith(
                "HTTP/1.1 403 ", await world.AskAsync(request), StringComparison.Ordinal);
        }

        Assert.Empty(upstream.Heads);
    }

    [Fact]
    public async Task Name_ThatDoesNotExist_IsABadGateway()
    {
        using ProxyWorld world = new(dns: new DnsSettings { HostsPath = _hosts });
        string answer = await world.AskAsync(
            "CONNECT nothing.invalid:443 HTTP/1.1\r\nHost: nothing.invalid:443\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", answer, StringComparison.Ordinal);
    }
}
