using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

public sealed class DhcpPoolTests
{
    // .1 is the gateway and .6 the alias: .2 to .5 can be leased.
    private static DhcpSettings Small => new()
    {
        Subnet = IpPrefix.Parse("10.0.0.0/29"),
        Gateway = IpAddress.Parse("10.0.0.1"),
        HostAlias = IpAddress.Parse("10.0.0.6"),
    };

    private static string LeaseOf(DhcpExchange exchange, int client)
    {
        string offered = exchange.Discover(client)!.Address;
        Answer ack = exchange.Send(ClientMessage.Request(client)
            .With(DhcpOption.RequestedAddress, offered))!;
        Assert.Equal(DhcpMessageType.Ack, ack.Type);
        return offered;
    }

    [Fact]
    public void Pool_AllLeased_IsSilentAndCountsIt()
    {
        using DhcpExchange exchange = new(Small);
        Assert.Equal(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"],
            Enumerable.Range(1, 4).Select(client => LeaseOf(exchange, client)));
        Assert.Null(exchange.Discover(5));
        Assert.Equal(1, exchange.Server.Counters.PoolExhausted);
        Assert.Equal(DhcpMessageType.Ack, exchange.Renew(3, "10.0.0.4")!.Type);
    }

    /// <summary>Seed 4711 of the simulation: the end of a lease counts in whole seconds.</summary>
    [Fact]
    public void Pool_AllLeasedWithinASecond_IsEmptyUntilTheLastPartOfIt()
    {
        using DhcpExchange exchange = new(Small);
        exchange.Time.Advance(TimeSpan.FromMilliseconds(900));
        for (int client = 1; client <= 4; client++)
        {
            LeaseOf(exchange, client);
        }

        exchange.Time.Advance(Small.LeaseTime - TimeSpan.FromMilliseconds(500));
        Assert.Null(exchange.Discover(5));
        exchange.Time.Advance(TimeSpan.FromMilliseconds(1_500));
        Assert.NotNull(exchange.Discover(5));
    }

    [Fact]
    public void Pool_WithAnAddressExcluded_LeavesItOutUntilItIsAdmitted()
    {
        using DhcpExchange exchange = new(Small);
        IpAddress address = IpAddress.Parse("10.0.0.2");
        Assert.True(exchange.Server.Exclude(address));
        Assert.Equal(["10.0.0.3", "10.0.0.4", "10.0.0.5"],
            Enumerable.Range(1, 3).Select(client => LeaseOf(exchange, client)));
        Assert.Null(exchange.Discover(4));
        exchange.Server.Admit(address);
        Assert.Equal("10.0.0.2", LeaseOf(exchange, 4));
    }

    [Fact]
    public void Exclude_OfAnAddressThatIsLeasedOrOffered_IsRefused()
    {
        using DhcpExchange exchange = new(Small);
        IpAddress leased = IpAddress.Parse(LeaseOf(exchange, 1));
        IpAddress offered = IpAddress.Parse(exchange.Discover(2)!.Address);
        Assert.False(exchange.Server.Exclude(leased));
        Assert.False(exchange.Server.Exclude(offered));
        Assert.Equal(DhcpMessageType.Ack, exchange.Renew(1, leased.ToString())!.Type);
    }

    [Fact]
    public void Pool_WithAFirstAddress_LeavesThoseBelowToClientsThatAskForThem()
    {
        using DhcpExchange exchange = new(Small with { First = IpAddress.Parse("10.0.0.4") });
        Assert.Equal(["10.0.0.4", "10.0.0.5"],
            Enumerable.Range(1, 2).Select(client => LeaseOf(exchange, client)));
        Assert.Null(exchange.Discover(3));
        Assert.Equal(DhcpMessageType.Ack, exchange.Renew(3, "10.0.0.2")!.Type);
        exchange.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal("10.0.0.4", LeaseOf(exchange, 4));
    }

    [Fact]
    public void Pool_LeaseExpired_GoesToTheClientThatWaits()
    {
        using DhcpExchange exchange = new(Small);
        for (int client = 1; client <= 4; client++)
        {
            LeaseOf(exchange, client);
            exchange.Time.Advance(TimeSpan.FromMinutes(1));
        }

        exchange.Time.Advance(TimeSpan.FromMinutes(57));
        Assert.Equal("10.0.0.2", LeaseOf(exchange, 5));
        Assert.Equal(DhcpMessageType.Nak, exchange.Renew(1, "10.0.0.2")!.Type);
    }

    [Fact]
    public void Offer_NeverRequested_IsFreeAfterItsTime()
    {
        using DhcpExchange exchange = new();
        Assert.Equal("192.168.127.2", exchange.Discover(1)!.Address);
        Assert.Equal("192.168.127.3", exchange.Discover(2)!.Address);
        Assert.Equal(DhcpMessageType.Nak, exchange.Select(3, "192.168.127.2")!.Type);
        exchange.Time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal("192.168.127.2", exchange.Discover(4)!.Address);
    }

    [Fact]
    public void Offer_RepeatedDiscover_IsTheSameAddress()
    {
        using DhcpExchange exchange = new();
        Assert.Equal("192.168.127.2", exchange.Discover(1)!.Address);
        exchange.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("192.168.127.2", exchange.Discover(1)!.Address);
        exchange.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("192.168.127.2", exchange.Discover(1)!.Address);
    }

    [Fact]
    public void Flood_OfSpoofedDiscovers_LeavesRealClientsServed()
    {
        using DhcpExchange exchange = new();
        string old = exchange.Lease(1, "old");
        string gone = exchange.Lease(2);
        exchange.Release(2, gone);
        Answer offer = exchange.Discover(3)!;
        for (int i = 0; i < 20_000; i++)
        {
            Assert.NotNull(exchange.Discover(100_000 + i));
        }

        // The offer of client 3 has made room, but its REQUEST comes first and is granted.
        Assert.Equal(DhcpMessageType.Ack, exchange.Select(3, offer.Address)!.Type);
        Assert.Equal(DhcpMessageType.Ack, exchange.Renew(1, old)!.Type);
        Assert.Equal(gone, exchange.Lease(2));
        Assert.Equal("192.168.127", exchange.Lease(4)[..11]);
        Assert.True(exchange.Server.Leases.Leases.Count <= 4);
    }

    [Fact]
    public void Flood_OfWholeLeases_IsBoundedInALargeSubnet()
    {
        using DhcpExchange exchange = new(new DhcpSettings
        {
            Subnet = IpPrefix.Parse("10.0.0.0/8"),
            Gateway = IpAddress.Parse("10.0.0.1"),
            HostAlias = null,
            MaxLeases = 100,
        });
        for (int i = 0; i < 1_000; i++)
        {
            Answer? offer = exchange.Discover(i + 1);
            if (offer is not null)
            {
                exchange.Send(ClientMessage.Request(i + 1)
                    .With(DhcpOption.RequestedAddress, offer.Address).Named("same"));
            }
        }

        Assert.Equal(100, exchange.Server.Leases.Leases.Count);
        exchange.Time.Advance(TimeSpan.FromHours(2));
        for (int i = 0; i < 1_000; i++)
        {
            exchange.Time.Advance(TimeSpan.FromHours(2));
            LeaseOf(exchange, 10_000 + i);
        }

        Assert.InRange(exchange.Server.Leases.Leases.Count, 1, 100);
    }

    [Fact]
    public void Hoarder_OfEveryAddress_GivesOneUpForAnotherGuest()
    {
        using DhcpExchange exchange = new();
        for (int i = 0; i < 300; i++)
        {
            if (exchange.Discover(1_000 + i) is Answer offer)
            {
                exchange.Select(1_000 + i, offer.Address);
            }
        }

        Assert.Null(exchange.Discover(2_000)); // it has all, and gets no more by asking
        exchange.Server.IsUsedByAnother = (address, _) => address == IpAddress.Parse(
            "192.168.127.2");
        exchange.Port = 2;
        string given = LeaseOf(exchange, 1);
        Assert.NotEqual("192.168.127.2", given); // there somebody is heard

        exchange.Port = 1;
        Assert.Null(exchange.Discover(2_001));
        Assert.Equal(DhcpMessageType.Ack, exchange.Renew(1, given)!.Type);
    }

    [Fact]
    public void Decline_OfEveryAddress_GivesOutTheLongestDeclinedAgain()
    {
        using DhcpExchange exchange = new(Small);
        for (int i = 0; i < 4; i++)
        {
            string address = LeaseOf(exchange, 1);
            Assert.Null(exchange.Send(ClientMessage.Decline(1)
                .With(DhcpOption.RequestedAddress, address)));
        }

        Assert.Equal("10.0.0.2", LeaseOf(exchange, 2));
    }

    [Theory]
    [InlineData("10.0.0.0/30", 2)]
    [InlineData("10.0.0.0/31", 0)]
    [InlineData("10.0.0.1/32", 0)]
    public void Pool_OfATinySubnet_NeverCrashes(string subnet, int addresses)
    {
        using DhcpExchange exchange = new(new DhcpSettings
        {
            Subnet = IpPrefix.Parse(subnet),
            Gateway = IpAddress.Parse("10.0.0.77"),
            HostAlias = null,
        });
        for (int client = 1; client <= 4; client++)
        {
            if (exchange.Discover(client) is Answer offer)
            {
                exchange.Send(ClientMessage.Request(client)
                    .With(DhcpOption.RequestedAddress, offer.Address));
            }
        }

        Assert.Equal(addresses, exchange.Server.Leases.Leases.Count);
    }
}
