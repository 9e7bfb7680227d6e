using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp6;

public sealed class Dhcp6ServerTests
{
    private const string Server = "000300015a94efe40cdd";

    [Fact]
    public void Solicit_WithAnAssociation_IsOfferedAnAddressOfThePool()
    {
        using Dhcp6Exchange exchange = new();
        Answer6 offer = exchange.Solicit(1);
        Assert.Equal(Dhcp6MessageType.Advertise, offer.Type);
        Assert.Equal(0xaa_bbccu, offer.Message().TransactionId);
        Assert.Equal(Server, offer.Option(Dhcp6Option.ServerIdentifier));
        Assert.Equal(
            Convert.ToHexStringLower(Client6Message.Duid(1)),
            offer.Option(Dhcp6Option.ClientIdentifier));
        Assert.Equal("ff", offer.Option(Dhcp6Option.Preference));
        Assert.StartsWith("fd5a:94ef:e40c::1:", offer.Address, StringComparison.Ordinal);
        Assert.StartsWith(
            "00000001" + "00000708" + "00000b40" + "00050018",
            offer.Option(Dhcp6Option.NonTemporaryAddresses), StringComparison.Ordinal);
        Assert.Equal("fe80::5054:ff:fe00:1", offer.Meta.Destination.ToString());
        Assert.Equal(Dhcp6Exchange.Mac(1), offer.Meta.DestinationMac);
        Assert.Empty(exchange.Server.Leases.Leases);
    }

    [Fact]
    public void Solicit_WithoutAnOptionRequest_IsToldOfDns()
    {
        using Dhcp6Exchange exchange = new(
            new Dhcp6Settings { SearchDomains = ["a.test", "b.a.test"] });
        Answer6 offer = exchange.Solicit(1);
        Assert.Equal(
            "fd5a94efe40c00000000000000000001", offer.Option(Dhcp6Option.DnsServers));
        Assert.Equal(
            "0161047465737400" + "01620161047465737400", offer.Option(Dhcp6Option.DomainList));
        Assert.Null(offer.Option(Dhcp6Option.SolicitMaxPause));
    }

    [Fact]
    public void Solicit_OptionRequest_IsHonoured()
    {
        using Dhcp6Exchange exchange = new();
        Answer6 offer = exchange.Send(Client6Message.Solicit(1).Addresses(1).Asking(
            Dhcp6Option.SolicitMaxPause, Dhcp6Option.InformationRefreshTime))!;
        Assert.Null(offer.Option(Dhcp6Option.DnsServers));
        Assert.Null(offer.Option(Dhcp6Option.InformationRefreshTime));
        Assert.Equal("00000078", offer.Option(Dhcp6Option.SolicitMaxPause));
    }

    [Fact]
    public void Solicit_RapidCommit_IsLeasedAtOnce()
    {
        using Dhcp6Exchange exchange = new();
        Answer6 reply = exchange.Send(
            Client6Message.Solicit(1).Addresses(1).With(Dhcp6Option.RapidCommit).Named("Web"))!;
        Assert.Equal(Dhcp6MessageType.Reply, reply.Type);
        Assert.Equal("", reply.Option(Dhcp6Option.RapidCommit));
        Assert.Null(reply.Option(Dhcp6Option.Preference));
        Assert.True(exchange.Server.TryGetAddress("web", out IpAddress address));
        Assert.Equal(reply.Address, address.ToString());
    }

    [Fact]
    public void Solicit_TemporaryAddressesAndPrefixes_AreRefusedByTheirStatus()
    {
        using Dhcp6Exchange exchange = new();
        Answer6 offer = exchange.Send(
            Client6Message.Solicit(1).Temporary(1).Prefix(2).Addresses(3))!;
        Assert.Equal(["NoAddressesAvailable", "NoPrefixAvailable"], offer.AssociationStatuses);
        Assert.Single(offer.Addresses);
    }

    [Fact]
    public void Solicit_ManyAssociations_AreGivenFour()
    {
        using Dhcp6Exchange exchange = new();
        Client6Message message = Client6Message.Solicit(1);
        for (uint identifier = 1; identifier <= 6; identifier++)
        {
            message.Addresses(identifier);
        }

        Answer6 offer = exchange.Send(message)!;
        Assert.Equal(4, offer.Addresses.Distinct().Count());
        Assert.Equal(
            ["NoAddressesAvailable", "NoAddressesAvailable"], offer.AssociationStatuses);
        Assert.Equal(2, exchange.Server.Counters.AssociationsRefused);
    }

    [Fact]
    public void Request_AddressOfAnotherLink_IsRefused()
    {
        using Dhcp6Exchange exchange = new();
        Answer6 reply = exchange.Send(
            Client6Message.Of(Dhcp6MessageType.Request, 1).Addresses(1, "2001:db8::5"))!;
        Assert.Equal(["NotOnLink"], reply.AssociationStatuses);
        Assert.Null(reply.Address);
    }

    [Fact]
    public void Request_WithoutASolicit_IsLeased()
    {
        using Dhcp6Exchange exchange = new();
        Answer6 reply = exchange.Send(
            Client6Message.Of(Dhcp6MessageType.Request, 1).Addresses(1, "fd5a:94ef:e40c::1:77"))!;
        Assert.Equal("fd5a:94ef:e40c::1:77", reply.Address);
    }

    [Theory]
    [InlineData("fd5a:94ef:e40c::1:5", Dhcp6StatusCode.Success)]
    [InlineData("2001:db8::5", Dhcp6StatusCode.NotOnLink)]
    public void Confirm_Address_IsJudgedByItsLink(string address, Dhcp6StatusCode expected)
    {
        using Dhcp6Exchange exchange = new();
        Answer6 reply = exchange.Send(
            Client6Message.Of(Dhcp6MessageType.Confirm, 1).Addresses(1, address))!;
        Assert.Equal(expected, reply.Status);
        Assert.Null(reply.Option(Dhcp6Option.NonTemporaryAddresses));
        Assert.Empty(exchange.Server.Leases.Leases);
    }

    [Fact]
    public void Confirm_WithoutAddresses_IsNotAnswered()
    {
        using Dhcp6Exchange exchange = new();
        Assert.Null(exchange.Send(Client6Message.Of(Dhcp6MessageType.Confirm, 1).Addresses(1)));
        Assert.Null(exchange.Send(Client6Message.Of(Dhcp6MessageType.Confirm, 1)));
    }

    [Fact]
    public void InformationRequest_WithAndWithoutAClient_IsTold()
    {
        using Dhcp6Exchange exchange = new(new Dhcp6Settings { AssignsAddresses = false });
        Answer6 reply = exchange.Send(
            new Client6Message(Dhcp6MessageType.InformationRequest).Asking(
                Dhcp6Option.DnsServers, Dhcp6Option.InformationRefreshTime,
                Dhcp6Option.InformationMaxPause))!;
        Assert.Equal(Dhcp6MessageType.Reply, reply.Type);
        Assert.Null(reply.Option(Dhcp6Option.ClientIdentifier));
        Assert.Equal("00015180", reply.Option(Dhcp6Option.InformationRefreshTime));
        Assert.Equal("00000078", reply.Option(Dhcp6Option.InformationMaxPause));
        Assert.NotNull(reply.Option(Dhcp6Option.DnsServers));
        Assert.NotNull(
            exchange.Send(Client6Message.Of(Dhcp6MessageType.InformationRequest, 1))!
                .Option(Dhcp6Option.ClientIdentifier));
    }

    [Fact]
    public void Addresses_SwitchedOff_AreRefused()
    {
        using Dhcp6Exchange exchange = new(new Dhcp6Settings { AssignsAddresses = false });
        Answer6 offer = exchange.Send(
            Client6Message.Solicit(1).With(Dhcp6Option.RapidCommit).Addresses(1))!;
        Assert.Equal(Dhcp6MessageType.Advertise, offer.Type);
        Assert.Equal(["NoAddressesAvailable"], offer.AssociationStatuses);
        Assert.Equal(["fd5a:94ef:e40c::1:5 0"],
            exchange.Renew(1, "fd5a:94ef:e40c::1:5").Addresses);
        Assert.NotNull(offer.Option(Dhcp6Option.DnsServers));
    }

    [Theory]
    [InlineData(Dhcp6MessageType.Solicit, true, true)]
    [InlineData(Dhcp6MessageType.Solicit, false, false)]
    [InlineData(Dhcp6MessageType.Confirm, true, true)]
    [InlineData(Dhcp6MessageType.Confirm, false, false)]
    [InlineData(Dhcp6MessageType.Rebind, true, true)]
    [InlineData(Dhcp6MessageType.Rebind, false, false)]
    [InlineData(Dhcp6MessageType.Request, true, false)]
    [InlineData(Dhcp6MessageType.Request, false, true)]
    [InlineData(Dhcp6MessageType.Renew, true, false)]
    [InlineData(Dhcp6MessageType.Renew, false, true)]
    [InlineData(Dhcp6MessageType.Release, true, false)]
    [InlineData(Dhcp6MessageType.Release, false, true)]
    [InlineData(Dhcp6MessageType.Decline, true, false)]
    [InlineData(Dhcp6MessageType.Decline, false, true)]
    [InlineData(Dhcp6MessageType.InformationRequest, false, false)]
    [InlineData(Dhcp6MessageType.Advertise, true, true)]
    [InlineData(Dhcp6MessageType.Reply, true, true)]
    [InlineData(Dhcp6MessageType.Reconfigure, true, true)]
    [InlineData(Dhcp6MessageType.None, true, false)]
    [InlineData((Dhcp6MessageType)14, true, true)]
    public void Identifiers_AgainstSection16_AreIgnored(
        Dhcp6MessageType type, bool hasClient, bool hasServer)
    {
        using Dhcp6Exchange exchange = new();
        Client6Message message = new(type);
        if (hasClient)
        {
            message.With(Dhcp6Option.ClientIdentifier, Client6Message.Duid(1));
        }

        if (hasServer)
        {
            message.ForServer();
        }

        Assert.Null(exchange.Send(message.Addresses(1, "fd5a:94ef:e40c::1:5")));
        Assert.Equal(1, exchange.Server.Counters.Ignored);
    }

    [Theory]
    [InlineData(Dhcp6MessageType.Request)]
    [InlineData(Dhcp6MessageType.Renew)]
    [InlineData(Dhcp6MessageType.Release)]
    [InlineData(Dhcp6MessageType.Decline)]
    [InlineData(Dhcp6MessageType.InformationRequest)]
    public void Message_ForAnotherServer_IsIgnored(Dhcp6MessageType type)
    {
        using Dhcp6Exchange exchange = new();
        Assert.Null(exchange.Send(new Client6Message(type)
            .With(Dhcp6Option.ClientIdentifier, Client6Message.Duid(1))
            .With(Dhcp6Option.ServerIdentifier, Client6Message.Duid(9))));
        Assert.Equal(1, exchange.Server.Counters.Ignored);
    }

    [Fact]
    public void Message_ToTheGatewayItself_IsSentToTheGroupOrIgnored()
    {
        const string Gateway = "fd5a:94ef:e40c::1";
        using Dhcp6Exchange exchange = new();
        Answer6 reply = exchange.Send(
            Client6Message.Of(Dhcp6MessageType.Renew, 1).Addresses(1), destination: Gateway)!;
        Assert.Equal(Dhcp6StatusCode.UseMulticast, reply.Status);
        Assert.Null(reply.Option(Dhcp6Option.NonTemporaryAddresses));
        Assert.Null(exchange.Send(Client6Message.Solicit(1), destination: Gateway));
    }

    [Theory]
    [InlineData("::")]
    [InlineData("2001:db8::9")]
    [InlineData("ff02::1")]
    public void Message_FromASourceThatIsNotOfTheLink_IsIgnored(string source)
    {
        using Dhcp6Exchange exchange = new();
        Assert.Null(exchange.Send(Client6Message.Solicit(1).Addresses(1), source: source));
        Assert.Equal(1, exchange.Server.Counters.Ignored);
    }

    [Fact]
    public void Message_OfARelay_IsCountedAndDropped()
    {
        using Dhcp6Exchange exchange = new();
        Assert.Null(exchange.Send([12, 0, .. new byte[32]]));
        Assert.Equal(1, exchange.Server.Counters.Relayed);
        Assert.Null(exchange.Send([1, 0, 0, 0, 0, 1, 0, 2, 0, 1]));
        Assert.Equal(1, exchange.Server.Counters.Malformeds(ParseError.Option));
    }

    [Fact]
    public void TryHandle_AnyChangedMessage_NeverThrowsAndAnswersWithAMessage()
    {
        using Dhcp6Exchange exchange = new();
        Random random = new(6);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] message = Client6Message.Of(
                    (Dhcp6MessageType)random.Next(1, 12), random.Next(1, 4))
                .Addresses(1, "fd5a:94ef:e40c::1:5").Prefix(2).Temporary(3).Named("vm")
                .ToArray();
            for (int flips = random.Next(6); flips > 0; flips--)
            {
                message[random.Next(message.Length)] = (byte)random.Next(256);
            }

            Array.Resize(ref message, message.Length - (random.Next(4) == 0 ? random.Next(40) : 0));
            exchange.Send(message, random.Next(1, 4), room: random.Next(260, 420))?.Message();
        }
    }

    [Fact]
    public void TryHandle_OfferToAKnownClient_AllocatesNothing()
    {
        using Dhcp6Exchange exchange = new();
        exchange.Lease(1, "web");
        byte[] message = Client6Message.Solicit(1).Addresses(1).Named("web").ToArray();
        byte[] reply = new byte[600];
        Dhcp6Origin from = new(
            Dhcp6Exchange.Mac(1), 1, IpAddress.Parse("fe80::1"), IpAddress.Parse("ff02::1:2"));
        DateTimeOffset now = exchange.Time.GetUtcNow();
        SteadyState.AllocatesNothing(
            100, () => exchange.Server.TryHandle(message, from, now, reply, out _));
    }
}
