using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Services.Tests.Dhcp;

public sealed class DhcpServerTests
{
    [Fact]
    public void Discover_FirstGuest_IsOfferedTheSecondAddressWithAllOptions()
    {
        using DhcpExchange exchange = new(new DhcpSettings
        {
            Domain = "internal",
            NtpServers = [IpAddress.Parse("192.0.2.123")],
            SearchDomains = ["eng.apple.com", "marketing.apple.com"],
        });
        Answer offer = exchange.Send(DhcpCaptures.DhclientDiscover, MacAddress.Broadcast)!;
        Assert.Equal(DhcpMessageType.Offer, offer.Type);
        Assert.Equal("192.168.127.2", offer.Address);
        Assert.Equal("c0a87f01", offer.Option(DhcpOption.ServerIdentifier));
        Assert.Equal("ffffff00", offer.Option(DhcpOption.SubnetMask));
        Assert.Equal("c0a87f01", offer.Option(DhcpOption.Router));
        Assert.Equal("c0a87f01", offer.Option(DhcpOption.DomainNameServer));
        Assert.Equal("internal", offer.Text(DhcpOption.DomainName));
        Assert.Equal("05dc", offer.Option(DhcpOption.InterfaceMtu));
        Assert.Equal("c0a87fff", offer.Option(DhcpOption.BroadcastAddress));
        Assert.Equal("c000027b", offer.Option(DhcpOption.NetworkTimeServers));
        Assert.Equal("00000e10", offer.Option(DhcpOption.LeaseTime));
        Assert.Equal("00000708", offer.Option(DhcpOption.RenewalTime));
        Assert.Equal("00000c4e", offer.Option(DhcpOption.RebindingTime));
        Assert.Equal("00c0a87f01", offer.Option(DhcpOption.ClasslessRoutes));

        // The example of RFC 3397 section 4, whose compression this is.
        Assert.Equal("03656e67056170706c6503636f6d00096d61726b6574696e67c004",
            offer.Option(DhcpOption.DomainSearch));
    }

    [Fact]
    public void Discover_ParameterRequestList_IsHonouredInItsOrder()
    {
        using DhcpExchange exchange = new();
        Answer offer = exchange.Send(ClientMessage.Discover(1)
            .Asking(DhcpOption.InterfaceMtu, DhcpOption.Router, DhcpOption.SubnetMask,
                DhcpOption.Router))!;
        Assert.Equal(
            [
                DhcpOption.MessageType, DhcpOption.ServerIdentifier, DhcpOption.LeaseTime,
                DhcpOption.RenewalTime, DhcpOption.RebindingTime, DhcpOption.SubnetMask,
                DhcpOption.InterfaceMtu, DhcpOption.Router,
            ],
            offer.Codes);
    }

    [Fact]
    public void Discover_ClientIdentifier_IsRepeated()
    {
        using DhcpExchange exchange = new();
        Answer offer = exchange.Send(DhcpCaptures.UdhcpcDiscover, default)!;
        Assert.Equal("01525400123456", offer.Option(DhcpOption.ClientIdentifier));
    }

    [Fact]
    public void Discover_LongestIdentifierAndSmallestMessage_StaysWithinTheLimit()
    {
        // CVE-2026-95508 was an overflow by a long identifier and a small MTU.
        using DhcpExchange exchange = new(new DhcpSettings { MtuBytes = 576 });
        Answer offer = exchange.Send(ClientMessage.Discover(1)
            .With(DhcpOption.MaximumMessageSize, 0, 1)
            .With(DhcpOption.ClientIdentifier, new byte[255]))!;
        Assert.InRange(offer.Bytes.Length, 300, 548);
        Assert.Equal(510, offer.Option(DhcpOption.ClientIdentifier)!.Length);
        Assert.True(exchange.Server.Counters.OptionsOmitted > 0);
    }

    [Theory]
    [InlineData(false, null, "192.168.127.2", "52:54:00:00:00:01")]
    [InlineData(true, null, "255.255.255.255", "ff:ff:ff:ff:ff:ff")]
    [InlineData(true, "192.168.127.2", "192.168.127.2", "52:54:00:00:00:01")]
    public void Reply_Addressing_FollowsFlagAndClientAddress(
        bool flag, string? ciaddr, string ip, string mac)
    {
        using DhcpExchange exchange = new();
        exchange.Lease(1);
        ClientMessage message = new(
            ciaddr is null ? DhcpMessageType.Discover
                : DhcpMessageType.Request, DhcpExchange.Mac(1));
        message = flag ? message.Broadcast() : message;
        Answer answer = exchange.Send(ciaddr is null ? message : message.From(ciaddr))!;
        Assert.Equal(ip, answer.Meta.Destination.ToString());
        Assert.Equal(mac, answer.Meta.DestinationMac.ToString());
        Assert.Equal(flag, answer.Message().WantsBroadcast);
    }

    [Fact]
    public void Request_Selecting_IsAcknowledgedAndKept()
    {
        using DhcpExchange exchange = new();
        Assert.Equal("192.168.127.2", exchange.Lease(1));
        Assert.Equal("192.168.127.3", exchange.Lease(2));
        Assert.Equal("192.168.127.2", exchange.Lease(1));
    }

    [Fact]
    public void Request_SelectingAnotherServer_FreesTheOfferInSilence()
    {
        using DhcpExchange exchange = new();
        exchange.Discover(1);
        Assert.Null(exchange.Send(ClientMessage.Request(1)
            .With(DhcpOption.RequestedAddress, "192.168.127.9")
            .With(DhcpOption.ServerIdentifier, "192.168.127.77")));
        Assert.Equal("192.168.127.2", exchange.Discover(2)!.Address);
    }

    [Fact]
    public void Request_InitReboot_IsAcknowledgedForTheOwnAddressAndNakedForAnother()
    {
        using DhcpExchange exchange = new();
        exchange.Lease(1);
        Answer own = exchange.Send(ClientMessage.Request(1)
            .With(DhcpOption.RequestedAddress, "192.168.127.2"))!;
        Assert.Equal(DhcpMessageType.Ack, own.Type);
        Answer other = exchange.Send(ClientMessage.Request(1)
            .With(DhcpOption.RequestedAddress, "10.0.2.15"))!;
        Assert.Equal(DhcpMessageType.Nak, other.Type);
        Assert.Equal("0.0.0.0", other.Address);
        Assert.True(other.Meta.IsBroadcast);
        Assert.Null(other.Option(DhcpOption.LeaseTime));
    }

    [Fact]
    public void Request_RenewingOfAnUnknownClient_IsAcknowledgedIfTheAddressIsFree()
    {
        using DhcpExchange exchange = new();
        Answer ack = exchange.Renew(1, "192.168.127.77")!;
        Assert.Equal(DhcpMessageType.Ack, ack.Type);
        Assert.Equal("192.168.127.77", ack.Meta.Destination.ToString());
        Assert.Equal(DhcpMessageType.Nak, exchange.Renew(2, "192.168.127.77")!.Type);
    }

    [Theory]
    [InlineData("192.168.127.0")]
    [InlineData("192.168.127.1")]
    [InlineData("192.168.127.254")]
    [InlineData("192.168.127.255")]
    [InlineData("192.168.127.9")]
    [InlineData("192.168.127.8")]
    [InlineData("10.1.1.1")]
    [InlineData("255.255.255.255")]
    public void Request_OfAnAddressOutsideThePool_IsNaked(string address)
    {
        using DhcpExchange exchange = new(new DhcpSettings
        {
            Reserved = [IpAddress.Parse("192.168.127.9")],
            StaticLeases = [new StaticLease(IpAddress.Parse("192.168.127.8"), DhcpExchange.Mac(8))],
        });
        Assert.Equal(DhcpMessageType.Nak, exchange.Renew(1, address)!.Type);
    }

    [Fact]
    public void Request_WithoutAnyAddress_IsIgnored()
    {
        using DhcpExchange exchange = new();
        Assert.Null(exchange.Send(ClientMessage.Request(1)));
        Assert.Equal(1, exchange.Server.Counters.Ignored);
    }

    [Fact]
    public void Discover_RequestedAddress_IsOfferedIfFree()
    {
        using DhcpExchange exchange = new();
        ClientMessage message = ClientMessage.Discover(1)
            .With(DhcpOption.RequestedAddress, "192.168.127.50");
        Assert.Equal("192.168.127.50", exchange.Send(message)!.Address);
        exchange.Select(1, "192.168.127.50");
        ClientMessage second = ClientMessage.Discover(2)
            .With(DhcpOption.RequestedAddress, "192.168.127.50");
        Assert.Equal("192.168.127.2", exchange.Send(second)!.Address);
    }

    [Fact]
    public void Identifier_DiffersWithEqualMac_AreTwoClients()
    {
        using DhcpExchange exchange = new();
        Answer first = exchange.Send(ClientMessage.Discover(1)
            .With(DhcpOption.ClientIdentifier, 255, 1, 2, 3))!;
        Answer second = exchange.Send(ClientMessage.Discover(1)
            .With(DhcpOption.ClientIdentifier, 255, 1, 2, 4))!;
        Assert.NotEqual(first.Address, second.Address);
    }

    [Fact]
    public void Identifier_OfTypeOne_IsTheClientWithoutIdentifier()
    {
        using DhcpExchange exchange = new();
        Answer rom = exchange.Discover(1)!;
        Answer system = exchange.Send(ClientMessage.Discover(1)
            .With(DhcpOption.ClientIdentifier, 1, 0x52, 0x54, 0, 0, 0, 1))!;
        Assert.Equal(rom.Address, system.Address);
    }

    [Fact]
    public void Release_ByItsClient_EndsTheLeaseButNotTheMemory()
    {
        using DhcpExchange exchange = new();
        string address = exchange.Lease(1, "web");
        Assert.True(exchange.Server.TryGetAddress("web", out _));
        exchange.Release(1, address);
        Assert.False(exchange.Server.TryGetAddress("web", out _));
        Assert.Equal("192.168.127.3", exchange.Lease(2));
        Assert.Equal(address, exchange.Lease(1));
    }

    [Fact]
    public void Release_ByAnotherSender_IsIgnored()
    {
        using DhcpExchange exchange = new();
        string address = exchange.Lease(1, "web");
        byte[] release = ClientMessage.Release(1).From(address).ToArray();
        Assert.Null(exchange.Send(release, DhcpExchange.Mac(2)));
        Assert.True(exchange.Server.TryGetAddress("web", out _));
    }

    [Fact]
    public void Decline_ByItsClient_QuarantinesTheAddressForATime()
    {
        using DhcpExchange exchange = new();
        string address = exchange.Lease(1);
        exchange.Decline(1, address);
        Assert.Equal("192.168.127.3", exchange.Lease(1));
        Assert.Equal(DhcpMessageType.Nak, exchange.Renew(2, address)!.Type);
        exchange.Time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(address, exchange.Lease(2));
    }

    [Fact]
    public void Decline_OfAnothersAddress_IsIgnored()
    {
        using DhcpExchange exchange = new();
        string address = exchange.Lease(1);
        exchange.Lease(2);
        exchange.Decline(2, address);
        Assert.Equal(DhcpMessageType.Ack, exchange.Renew(1, address)!.Type);
    }

    [Theory]
    [InlineData(DhcpMessageType.Release)]
    [InlineData(DhcpMessageType.Decline)]
    public void ReleaseOrDecline_UnderAnothersClientIdentifier_IsIgnored(DhcpMessageType type)
    {
        using DhcpExchange exchange = new();
        byte[] identifier = [1, 0x52, 0x54, 0, 0, 0, 1];
        string address = exchange.Lease(1, "web");
        Assert.Null(exchange.Send(new ClientMessage(type, DhcpExchange.Mac(2)).From(address)
            .With(DhcpOption.ClientIdentifier, identifier)
            .With(DhcpOption.RequestedAddress, address)));
        Assert.True(exchange.Server.TryGetAddress("web", out _));
        Assert.Equal(DhcpMessageType.Ack, exchange.Renew(1, address)!.Type);
    }

    [Fact]
    public void Inform_OfAConfiguredGuest_GetsParametersButNoAddressAndNoTimes()
    {
        using DhcpExchange exchange = new();
        Answer ack = exchange.Send(
            ClientMessage.Inform(1).From("192.168.127.200"))!;
        Assert.Equal(DhcpMessageType.Ack, ack.Type);
        Assert.Equal("0.0.0.0", ack.Address);
        Assert.Equal("192.168.127.200", ack.Meta.Destination.ToString());
        Assert.Equal("c0a87f01", ack.Option(DhcpOption.DomainNameServer));
        Assert.Null(ack.Option(DhcpOption.LeaseTime));
    }

    [Fact]
    public void Message_ByARelayOrAServerOrWithoutType_IsIgnored()
    {
        using DhcpExchange exchange = new();
        Assert.Null(exchange.Send(
            ClientMessage.Discover(1).By("192.168.127.5")));
        Assert.Null(exchange.Send(new ClientMessage(DhcpMessageType.None, DhcpExchange.Mac(1))));
        Assert.Null(exchange.Send(new ClientMessage(DhcpMessageType.Offer, DhcpExchange.Mac(1))));
        Assert.Null(exchange.Send(new ClientMessage((DhcpMessageType)77, DhcpExchange.Mac(1))));
        byte[] reply = ClientMessage.Discover(1).ToArray();
        reply[0] = 2;
        Assert.Null(exchange.Send(reply, DhcpExchange.Mac(1)));
        Assert.Equal(5, exchange.Server.Counters.Ignored);
    }

    [Fact]
    public void Address_ThatAnotherUsesUnasked_IsNotHandedOut()
    {
        using DhcpExchange exchange = new();
        exchange.Server.IsUsedByAnother = (address, mac) =>
            address == IpAddress.Parse("192.168.127.2") && mac != DhcpExchange.Mac(7);
        Assert.Equal("192.168.127.3", exchange.Lease(1));
        Assert.Equal("192.168.127.4", exchange.Lease(2));
    }

    [Fact]
    public void Static_ByMac_GetsItsAddressAndNameWhateverItsIdentifier()
    {
        using DhcpExchange exchange = new(new DhcpSettings
        {
            StaticLeases =
            [
                new StaticLease(
                    IpAddress.Parse("192.168.127.2"), DhcpExchange.Mac(9), HostName: "db"),
                new StaticLease(
                    IpAddress.Parse("192.168.127.100"), null, [0, (byte)'i', (byte)'d']),
            ],
        });
        Assert.True(exchange.Server.TryGetAddress("db", out IpAddress db));
        Assert.Equal("192.168.127.2", db.ToString());
        Assert.Equal("192.168.127.3", exchange.Lease(1, "db"));
        Assert.True(exchange.Server.TryGetAddress("db-2", out _));
        Answer offer = exchange.Send(ClientMessage.Discover(9)
            .With(DhcpOption.ClientIdentifier, 255, 9, 9))!;
        Assert.Equal("192.168.127.2", offer.Address);
        Assert.Equal("db", offer.Text(DhcpOption.HostName));
        Answer byId = exchange.Send(ClientMessage.Discover(3)
            .With(DhcpOption.ClientIdentifier, 0, (byte)'i', (byte)'d'))!;
        Assert.Equal("192.168.127.100", byId.Address);
    }

    [Fact]
    public void TryHandle_RenewalOfAKnownLease_AllocatesLittle()
    {
        using DhcpExchange exchange = new();
        exchange.Lease(1, "web");
        byte[] message = ClientMessage.Discover(1).ToArray();
        byte[] reply = new byte[600];
        DateTimeOffset now = exchange.Time.GetUtcNow();
        SteadyState.AllocatesNothing(100, () => exchange.Server.TryHandle(
            message, default, 1, default, now, reply, out _));
    }
}
