using System.Net;
using Slipway.Services.Tests.Dns;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Services.Tests.Proxy;

/// <summary>Whose published ports a guest reaches by the proxy.</summary>
public sealed class ReachTests
{
    private const string Alias = "192.168.127.254";

    [Fact]
    public void Judge_PortOfAnotherGroupsGuest_IsRefusedByEveryName()
    {
        using DnsExchange exchange = new();
        StackSettings settings = new() { Seed = default };
        ProxyReach reach = new(settings, exchange.Server);
        settings.Published.Set(
            [new PublishedTarget(IpProtocol.Tcp, new IpEndpoint(IpAddress.IPv4Any, 8080), 2)]);
        Assert.Equal(IPAddress.Loopback, reach.Judge(Alias, 8080).Loopback);

        settings.Published.BeginGroups();
        foreach (string host in (string[])[Alias, "host.internal", "host.docker.internal."])
        {
            Assert.NotNull(reach.Judge(host, 8081).Refusal);
            Assert.Equal(IPAddress.Loopback, reach.Judge(host, 8082).Loopback);
            Assert.Equal(
                IPAddress.Loopback, reach.Judge(host, 8080, IpProtocol.Udp).Loopback);
        }

        Assert.Null(reach.Judge("192.0.2.1", 8080).Refusal);
    }

    /// <summary>Whoever has a name of the outside says where it leads, but not the port.</summary>
    [Fact]
    public async Task Resolve_NameOfTheOutsideThatLeadsToTheAlias_IsRefusedWhereThereAreGroups()
    {
        using TestNameServer server = new((query, _) => TestNameServer.Addresses(query, Alias));
        using DnsExchange exchange = new([server.EndPoint]);
        StackSettings settings = new() { Seed = default };
        ProxyReach reach = new(settings, exchange.Server);
        Assert.Equal(
            [IPAddress.Loopback], await reach.ResolveAsync("trap.example", default));
        settings.Published.BeginGroups();
        await Assert.ThrowsAsync<ProxyException>(
            async () => await reach.ResolveAsync("trap.example", default));
    }
}
