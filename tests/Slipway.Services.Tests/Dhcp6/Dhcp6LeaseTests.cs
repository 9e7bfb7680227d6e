using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp6;

public sealed class Dhcp6LeaseTests
{
    private const string Prefix = "fd5a:94ef:e40c::";

    // ::1 is the gateway and ::4 reserved: ::2 and ::3 can be leased.
    private static Dhcp6Settings Small => new()
    {
        First = IpAddress.Parse(Prefix),
        Last = IpAddress.Parse(Prefix + "4"),
        Reserved = [IpAddress.Parse(Prefix + "4")],
    };

    [Fact]
    public void Address_OfAClient_IsTheSameAfterARestart()
    {
        using Dhcp6Exchange first = new();
        using Dhcp6Exchange second = new();
        string address = first.Lease(7);
        second.Lease(8);
        Assert.Equal(address, second.Lease(7));
        Assert.NotEqual(address, first.Lease(8));
    }

    [Fact]
    public void Address_Wanted_IsGivenIfItIsFree()
    {
        using Dhcp6Exchange exchange = new();
        Client6Message Wanting(int client) =>
            Client6Message.Solicit(client).Addresses(1, Prefix + "1:9");
        Assert.Equal(Prefix + "1:9", exchange.Send(Wanting(1), 1)!.Address);
        Assert.NotEqual(Prefix + "1:9", exchange.Send(Wanting(2), 2)!.Address);
    }

    [Fact]
    public void Pool_AllLeased_IsAnsweredNoAddress()
    {
        using Dhcp6Exchange exchange = new(Small);
        Assert.Equal(
            [Prefix + "2", Prefix + "3"],
            new[] { exchange.Lease(1), exchange.Lease(2) }.Order());
        Answer6 offer = exchange.Solicit(3);
        Assert.Equal(Dhcp6MessageType.Advertise, offer.Type);
        Assert.Equal(["NoAddressesAvailable"], offer.AssociationStatuses);
        Assert.Equal(1, exchange.Server.Counters.PoolExhausted);
    }

    [Fact]
    public void Pool_HoardedByOnePort_IsShared()
    {
        using Dhcp6Exchange exchange = new(Small);
        exchange.Lease(1);
        exchange.Lease(2);
        exchange.Port = 2;
        Assert.NotNull(exchange.Solicit(3).Address);
    }

    [Fact]
    public void Pool_AddressSomebodySitsOn_IsPassedOver()
    {
        using Dhcp6Exchange exchange = new(Small);
        exchange.Server.IsUsedByAnother = (address, _) => address.ToString() == Prefix + "2";
        Assert.Equal(Prefix + "3", exchange.Lease(1));
    }

    [Theory]
    [InlineData(Prefix + "5", Prefix + "2")]
    [InlineData(Prefix + "5", "fd5a:94ef:e40d::9")]
    public void Pool_LastBeforeFirst_IsRefused(string first, string last) =>
        Assert.Throws<ArgumentException>(() => new Dhcp6Server(new Dhcp6Settings
        {
            First = IpAddress.Parse(first), Last = IpAddress.Parse(last),
        }));

    [Fact]
    public void Lease_NotRenewed_EndsAndGoesToTheClientThatWaits()
    {
        using Dhcp6Exchange exchange = new(Small);
        string address = exchange.Lease(1);
        exchange.Time.Advance(TimeSpan.FromMinutes(30));
        exchange.Lease(2);
        Assert.Null(exchange.Solicit(3).Address);
        exchange.Time.Advance(TimeSpan.FromMinutes(31));
        Assert.Equal(address, exchange.Lease(3));
    }

    [Fact]
    public void Renew_OfALease_ProlongsIt()
    {
        using Dhcp6Exchange exchange = new(Small);
        string address = exchange.Lease(1);
        exchange.Lease(2);
        exchange.Time.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal([$"{address} 3600"], exchange.Renew(1, address).Addresses);
        exchange.Time.Advance(TimeSpan.FromMinutes(50));
        Assert.NotEqual(address, exchange.Solicit(3).Address);
    }

    [Fact]
    public void Renew_UnknownClient_KeepsItsAddressIfThatIsFree()
    {
        using Dhcp6Exchange exchange = new();
        Assert.Equal(Prefix + "1:9", exchange.Renew(1, Prefix + "1:9").Address);
        List<string> addresses = exchange.Renew(2, Prefix + "1:9", "2001:db8::1").Addresses;
        Assert.Equal(3, addresses.Count);
        Assert.EndsWith(" 3600", addresses[0], StringComparison.Ordinal);
        Assert.Equal([Prefix + "1:9 0", "2001:db8::1 0"], addresses[1..]);
    }

    [Fact]
    public void Rebind_LikeRenew_IsAnsweredWithTheLease()
    {
        using Dhcp6Exchange exchange = new();
        string address = exchange.Lease(1);
        Answer6 reply = exchange.Send(
            Client6Message.Of(Dhcp6MessageType.Rebind, 1).Addresses(1, address).Prefix(2))!;
        Assert.Equal(address, reply.Address);
        Assert.Equal(["NoPrefixAvailable"], reply.AssociationStatuses);
    }

    [Fact]
    public void Release_ByItsHolder_EndsTheLeaseAndRemembersTheClient()
    {
        using Dhcp6Exchange exchange = new();
        string address = exchange.Lease(1, "web");
        Assert.Equal(["NoBinding"], exchange.Release(1, address, from: 2).AssociationStatuses);
        Assert.True(exchange.Server.TryGetAddress("web", out _));
        Answer6 reply = exchange.Release(1, address, from: 1);
        Assert.Equal(Dhcp6StatusCode.Success, reply.Status);
        Assert.Empty(reply.AssociationStatuses);
        Assert.False(exchange.Server.TryGetAddress("web", out _));
        Assert.Equal(["NoBinding"], exchange.Release(1, address, from: 1).AssociationStatuses);
        Assert.Equal(address, exchange.Lease(1));
    }

    [Fact]
    public void Release_OfAnotherAddress_EndsNothing()
    {
        using Dhcp6Exchange exchange = new();
        exchange.Lease(1, "web");
        exchange.Release(1, Prefix + "1:ffff", from: 1);
        Assert.True(exchange.Server.TryGetAddress("web", out _));
    }

    [Fact]
    public void Decline_ByItsHolder_GivesAnotherAddressForATime()
    {
        using Dhcp6Exchange exchange = new();
        string address = exchange.Lease(1);
        Assert.Equal(Dhcp6StatusCode.Success, exchange.Decline(1, address).Status);
        Assert.Empty(exchange.Server.Leases.Leases);
        string other = exchange.Lease(1);
        Assert.NotEqual(address, other);
        exchange.Release(1, other, from: 1);
        exchange.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(address, exchange.Send(
            Client6Message.Solicit(2).Addresses(1, address), 2)!.Address);
    }

    [Fact]
    public void StaticLease_ByMacOrDuid_IsGivenToItsClientAlone()
    {
        byte[] linkLayer = Duid.OfLinkLayer(new MacAddress(0x5254_0000_0009));
        using Dhcp6Exchange exchange = new(new Dhcp6Settings
        {
            StaticLeases =
            [
                new(IpAddress.Parse(Prefix + "aa"), Dhcp6Exchange.Mac(1), HostName: "web"),
                new(IpAddress.Parse(Prefix + "1:bb"), null, Client6Message.Duid(2)),
                new(IpAddress.Parse(Prefix + "cc"), Dhcp6Exchange.Mac(9)),
            ],
        });
        Assert.True(exchange.Server.TryGetAddress("web", out _));
        Assert.Equal(Prefix + "aa", exchange.Lease(1, "other"));
        Assert.False(exchange.Server.TryGetAddress("other", out _));
        Assert.Equal(Prefix + "1:bb", exchange.Lease(2));
        Client6Message byDuid = new Client6Message(Dhcp6MessageType.Solicit)
            .With(Dhcp6Option.ClientIdentifier, linkLayer).Addresses(1);
        Assert.Equal(Prefix + "cc", exchange.Send(byDuid, 5)!.Address);
        Assert.NotEqual(Prefix + "1:bb", exchange.Send(
            Client6Message.Solicit(6).Addresses(1, Prefix + "1:bb"), 6)!.Address);
    }

    [Fact]
    public void StaticLease_TwoAssociations_IsGivenToTheFirst()
    {
        using Dhcp6Exchange exchange = new(new Dhcp6Settings
        {
            StaticLeases = [new(IpAddress.Parse(Prefix + "aa"), Dhcp6Exchange.Mac(1))],
        });
        Client6Message message = Client6Message.Solicit(1).Addresses(1).Addresses(2);
        List<string> addresses = exchange.Send(message)!.Addresses;
        Assert.Equal(Prefix + "aa 3600", addresses[0]);
        Assert.StartsWith(Prefix + "1:", addresses[1], StringComparison.Ordinal);
        Assert.Equal(addresses, exchange.Send(message.With(Dhcp6Option.RapidCommit))!.Addresses);
    }

    [Fact]
    public void StaticLease_ClientWithANewDuid_GoesWithIt()
    {
        using Dhcp6Exchange exchange = new(new Dhcp6Settings
        {
            StaticLeases = [new(IpAddress.Parse(Prefix + "aa"), Dhcp6Exchange.Mac(1))],
        });
        Assert.Equal(Prefix + "aa", exchange.Lease(1));
        Client6Message other = Client6Message.Solicit(2).Addresses(1);
        Assert.Equal(Prefix + "aa", exchange.Send(other, client: 1)!.Address);
        Assert.Equal(Prefix + "aa", exchange.Send(
            other.With(Dhcp6Option.RapidCommit), client: 1)!.Address);
    }

    [Fact]
    public void Name_OfAClient_IsToldWholeAndWithItsFlags()
    {
        using Dhcp6Exchange exchange = new(new Dhcp6Settings { Domain = "lab.test" });
        string address = exchange.Lease(1, "Web");
        Answer6 reply = exchange.Send(Client6Message.Of(Dhcp6MessageType.Renew, 1)
            .Addresses(1, address).Named("Web", flags: 0))!;
        Assert.Equal("03" + "03776562036c6162047465737400", reply.Option(Dhcp6Option.ClientName));
        Assert.True(exchange.Server.TryGetName(IpAddress.Parse(address), out string? name));
        Assert.Equal("web", name);
        exchange.Lease(2, "web");
        Assert.True(exchange.Server.TryGetAddress("web-2", out _));
        Assert.Null(exchange.Renew(1, address).Option(Dhcp6Option.ClientName));
    }

    [Fact]
    public void Name_OfAnotherGuestInTheOtherFamily_GetsASuffix()
    {
        using Dhcp.DhcpExchange old = new();
        using Dhcp6Exchange exchange = new();
        exchange.Server.IsNamedElsewhere = old.Server.HasNameOfAnother;
        old.Lease(1, "web");
        exchange.Lease(2, "web");
        exchange.Lease(1, "web");
        Assert.True(exchange.Server.TryGetName(IpAddress.Parse(exchange.Lease(2)), out var name));
        Assert.Equal("web-2", name);
        Assert.True(exchange.Server.TryGetName(IpAddress.Parse(exchange.Lease(1)), out name));
        Assert.Equal("web", name);
    }

    [Fact]
    public void Flood_OfSolicits_LeavesALeaseToThoseThatFinish()
    {
        using Dhcp6Exchange exchange = new();
        string offered = exchange.Solicit(1).Address!;
        for (int client = 2; client < 200; client++)
        {
            exchange.Solicit(client);
        }

        Assert.True(exchange.Server.Counters.OffersEvicted > 0);
        Answer6 reply = exchange.Send(
            Client6Message.Of(Dhcp6MessageType.Request, 1).Addresses(1, offered))!;
        Assert.Equal(offered, reply.Address);
    }

    [Fact]
    public void Restart_WithTheFile_KeepsLeasesAndNames()
    {
        string folder = Directory.CreateTempSubdirectory("slipway-leases6").FullName;
        string path = Path.Combine(folder, "leases6.json");
        Dhcp6Settings settings = new()
        {
            StaticLeases = [new(IpAddress.Parse(Prefix + "aa"), null, Client6Message.Duid(3))],
        };
        List<string> reports = [];
        using (Dhcp6Exchange first = new(settings, new LeaseStore(path, reports.Add)))
        {
            first.Send(Client6Message.Of(Dhcp6MessageType.Request, 1)
                .Addresses(1, Prefix + "1:9").Named("web"));
            first.Lease(3, "fixed");
        }

        using (Dhcp6Exchange second = new(settings, new LeaseStore(path, reports.Add)))
        {
            Assert.True(second.Server.TryGetAddress("web", out IpAddress web));
            Assert.Equal(Prefix + "1:9", web.ToString());
            Assert.True(second.Server.TryGetAddress("fixed", out _));
            Assert.Equal(Prefix + "1:9", second.Renew(1, Prefix + "1:9").Address);
            Assert.Empty(second.Release(3, Prefix + "aa", from: 3).AssociationStatuses);
        }

        Assert.Empty(reports);
        Directory.Delete(folder, recursive: true);
    }
}
