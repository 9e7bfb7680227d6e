using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

/// <summary>Addresses that vpnkit's guests ask for before they speak DHCP.</summary>
public sealed class DhcpReservationTests : IDisposable
{
    private readonly DhcpExchange _exchange = new();

    public void Dispose() => _exchange.Dispose();

    [Fact]
    public void Free_IsOfferedToTheClientThatComes()
    {
        Assert.Null(Reserve(7, "192.168.127.40"));
        Assert.Equal("192.168.127.40", _exchange.Lease(7));
        Assert.Equal("192.168.127.2", _exchange.Lease(8));
    }

    [Fact]
    public void OwnAgain_IsHeld_AnotherOneIsRefused()
    {
        Assert.Null(Reserve(7, "192.168.127.40"));
        _exchange.Lease(7);
        Assert.Null(Reserve(7, "192.168.127.40"));
        Assert.Contains(
            "already assigned to a different IP", Reserve(7, "192.168.127.41"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.168.127.1")]
    [InlineData("192.168.127.254")]
    [InlineData("192.168.127.255")]
    [InlineData("10.0.0.1")]
    public void NotOfThePool_IsRefused(string address) =>
        Assert.Equal("Preferred IP address out of range.", Reserve(7, address));

    [Fact]
    public void AnothersLease_IsRefused_UntilItHasGone()
    {
        Assert.Equal("192.168.127.2", _exchange.Lease(1));
        Assert.Equal(
            "Preferred IP address 192.168.127.2 already used.", Reserve(7, "192.168.127.2"));
        _exchange.Release(1, "192.168.127.2");
        Assert.Null(Reserve(7, "192.168.127.2"));
        Assert.Equal("192.168.127.2", _exchange.Lease(7));
    }

    private string? Reserve(int client, string address) => _exchange.Server.Reserve(
        DhcpExchange.Mac(client), IpAddress.Parse(address), _exchange.Time.GetUtcNow());
}
