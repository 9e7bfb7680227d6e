using Slipway.Wire;

namespace Slipway.Engine.Tests;

public sealed class ConnectedNetworksTests
{
    /// <summary>A default route, a network behind a router, and two that are connected.</summary>
    private const string Routes =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        + "eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        + "eth0\t0000000A\t0102A8C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n"
        + "eth0\t007FA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
        + "tap0\t0080A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

    [Fact]
    public void Subnet_OverlapsAConnectedNetwork_IsRefusedWithAFreeOne()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => new ConnectedNetworks(Routes).Check(ConfigurationReader.Parse("{}")));

        Assert.Equal("--subnet", error.Key);
        Assert.Equal("192.168.127.0/24", error.Value);
        Assert.Contains("eth0", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("--subnet 192.168.129.0/24", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Subnet_OfTheConfiguration_IsNamedByItsKey() => Assert.Equal(
        "subnet",
        Assert.Throws<ConfigurationException>(() => new ConnectedNetworks(Routes).Check(
            ConfigurationReader.Parse("""{ "subnet": "192.168.0.0/16" }"""))).Key);

    [Fact]
    public void Subnet_BehindARouterOrFree_IsTaken()
    {
        new ConnectedNetworks(Routes).Check(
            ConfigurationReader.Parse("""{ "subnet": "10.1.0.0/16" }"""));
        new ConnectedNetworks("").Check(ConfigurationReader.Parse("{}"));
    }

    [Fact]
    public void Subnet_OfTheEnginesOwnTap_IsTaken() => new ConnectedNetworks(Routes).Check(
        ConfigurationReader.Parse("""{ "subnet": "192.168.128.0/24", "links": ["tap:tap0"] }"""));

    [Fact]
    public void FirstFree_NothingOverlaps_IsTheSubnetItself() => Assert.Equal(
        IpPrefix.Parse("192.168.129.0/24"),
        new ConnectedNetworks(Routes).FirstFree(IpPrefix.Parse("192.168.129.0/24")));
}
