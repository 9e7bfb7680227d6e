using Slipway.Services;
using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Engine.Tests;

/// <summary>Where published datagrams go is looked up for each of them.</summary>
public sealed class GuestTargetTests
{
    private static readonly IpAddress s_web = IpAddress.Parse("192.168.127.5");

    [Theory]
    [InlineData("0:web:80/udp", true)]
    [InlineData("0:web.internal:80/udp", true)]
    [InlineData("0:nobody.internal:80/udp", false)]
    public void Name_LookedUpForEachDatagram_AllocatesNothing(string publication, bool isThere)
    {
        using DhcpServer dhcp = new(new DhcpSettings
        {
            Domain = "internal",
            StaticLeases =
            [
                new Services.StaticLease(
                    s_web, new MacAddress(0x0200_0000_0005), HostName: "web"),
            ],
        });
        GuestTarget target = new(
            PublishSpecification.Parse("publish", publication), default, null!, dhcp, null);
        bool isFound = false;
        IpAddress address = default;
        SteadyState.AllocatesNothing(
            100, () => isFound = target.TryFind(default, out address));
        Assert.Equal(isThere, isFound);
        Assert.Equal(isThere ? s_web : default, address);
    }
}
