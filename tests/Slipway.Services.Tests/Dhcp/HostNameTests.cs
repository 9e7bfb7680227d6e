using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("web", "web")]
    [InlineData("Web-1", "web-1")]
    [InlineData("my host!", "my-host")]
    [InlineData("web.example.com", "web")]
    [InlineData("_x_", "x")]
    [InlineData("web\0", "web")]
    [InlineData("---", null)]
    [InlineData("", null)]
    [InlineData("\u00ff\u00fe", null)]
    [InlineData("localhost", null)]
    [InlineData("WPAD", null)]
    [InlineData("host", null)]
    public void Sanitise_WhatAClientSends_IsOneLabelOrNothing(string sent, string? expected) =>
        Assert.Equal(expected, HostNameLabel.Sanitise(sent));

    [Fact]
    public void Sanitise_LongName_IsCutTo63()
    {
        string label = HostNameLabel.Sanitise(new string('a', 255))!;
        Assert.Equal(63, label.Length);
        Assert.Equal(63, HostNameLabel.WithSuffix(label, 17).Length);
        Assert.EndsWith("-17", HostNameLabel.WithSuffix(label, 17), StringComparison.Ordinal);
    }

    [Fact]
    public void Name_Sent_IsPublishedAndToldBack()
    {
        using DhcpExchange exchange = new();
        string offered = exchange.Discover(1)!.Address;
        Answer ack = exchange.Select(1, offered, "Web")!;
        Assert.Equal("web", ack.Text(DhcpOption.HostName));
        Assert.True(exchange.Server.TryGetAddress("web", out IpAddress address));
        Assert.Equal(offered, address.ToString());
        Assert.True(exchange.Server.TryGetName(address, out string? name));
        Assert.Equal("web", name);
    }

    [Fact]
    public void Name_OfAnotherGuest_GetsASuffixAndKeepsIt()
    {
        using DhcpExchange exchange = new();
        exchange.Lease(1, "web");
        string second = exchange.Lease(2, "web");
        exchange.Lease(3, "web");
        Assert.True(exchange.Server.TryGetAddress("web-2", out IpAddress address));
        Assert.Equal(second, address.ToString());
        Assert.True(exchange.Server.TryGetAddress("web-3", out _));
        exchange.Release(1, "192.168.127.2");
        exchange.Lease(2, "web");
        Assert.True(exchange.Server.TryGetAddress("web-2", out _));
        Assert.False(exchange.Server.TryGetAddress("web", out _));
    }

    [Fact]
    public void Name_OfTheSameMachineWithANewIdentifier_MovesToIt()
    {
        using DhcpExchange exchange = new();
        exchange.Lease(1, "web");
        ClientMessage request = ClientMessage.Request(1)
            .With(DhcpOption.ClientIdentifier, 255, 1, 2, 3)
            .With(DhcpOption.RequestedAddress, "192.168.127.9").Named("web");
        Assert.Equal(DhcpMessageType.Ack, exchange.Send(request)!.Type);
        Assert.True(exchange.Server.TryGetAddress("web", out IpAddress address));
        Assert.Equal("192.168.127.9", address.ToString());
    }

    [Fact]
    public void Name_Changed_ReplacesTheOldOne()
    {
        using DhcpExchange exchange = new();
        exchange.Lease(1, "old");
        exchange.Lease(1, "new");
        Assert.False(exchange.Server.TryGetAddress("old", out _));
        Assert.True(exchange.Server.TryGetAddress("new", out _));
        exchange.Lease(1);
        Assert.True(exchange.Server.TryGetAddress("new", out _));
    }

    [Fact]
    public void Name_LeaseExpired_IsGone()
    {
        using DhcpExchange exchange = new();
        string address = exchange.Lease(1, "web");
        exchange.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.False(exchange.Server.TryGetAddress("web", out _));
        Assert.False(exchange.Server.TryGetName(IpAddress.Parse(address), out _));
    }

    [Fact]
    public void Name_ByOption81_IsTakenInBothForms()
    {
        using DhcpExchange exchange = new();
        exchange.Send(ClientMessage.Request(1)
            .With(DhcpOption.RequestedAddress, "192.168.127.5")
            .With(DhcpOption.ClientName, [0, 0, 0, .. "pc1.corp.example"u8]));
        exchange.Send(ClientMessage.Request(2)
            .With(DhcpOption.RequestedAddress, "192.168.127.6")
            .With(DhcpOption.ClientName, [4, 0, 0, 3, .. "pc2"u8, 0]));
        exchange.Send(ClientMessage.Request(3)
            .With(DhcpOption.RequestedAddress, "192.168.127.7")
            .With(DhcpOption.ClientName, [4, 0, 0, 200, .. "pc3"u8]));
        Assert.True(exchange.Server.TryGetAddress("pc1", out _));
        Assert.True(exchange.Server.TryGetAddress("pc2", out _));
        Assert.False(exchange.Server.TryGetAddress("pc3", out _));
    }

    [Fact]
    public void Name_ThatAnotherGuestHas_IsToldAndListedUntilItIsFree()
    {
        using DhcpExchange exchange = new();
        List<LeaseEntry> denied = [];
        exchange.Server.NameDenied = denied.Add;
        exchange.Lease(1, "web");
        string second = exchange.Lease(2, "web");
        exchange.Lease(2, "web");
        LeaseEntry told = Assert.Single(denied);
        Assert.Equal(
            (second, "web-2", "web"), (told.Address.ToString(), told.HostName, told.DeniedName));
        Assert.Equal(
            "web", exchange.Server.Leases.Leases[IpAddress.Parse(second)].DeniedName);
        exchange.Lease(2, "db");
        Assert.Null(exchange.Server.Leases.Leases[IpAddress.Parse(second)].DeniedName);
        Assert.Single(denied);
    }
}
