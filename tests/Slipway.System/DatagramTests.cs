using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>UDP: every size, errors, and how a guest's port looks from outside.</summary>
public sealed class DatagramTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private static readonly string[] Sizes = ["0", "1", "1472", "1473", "9000", "65507"];

    [SystemTheory]
    [InlineData(WideMtuBytes)]
    [InlineData(1500)]
    [InlineData(1280)]
    public void Datagrams_OfEverySize_AreEchoed(int mtuBytes)
    {
        Guest guest = StartGuest(mtuBytes);
        JsonObject result =
            guest.Does("datagram-echo", [Addresses.HostAlias, $"{Site.Port}", .. Sizes]);
        Assert.Equal("[]", result["lost"]!.ToJsonString());
    }

    [SystemFact]
    public void Datagrams_OfEverySize_AreEchoedByAnotherMachine()
    {
        Guest guest = StartGuest(1500);
        JsonObject result =
            guest.Does("datagram-echo", [Site.Outside, $"{Site.Port}", .. Sizes]);
        Assert.Equal("[]", result["lost"]!.ToJsonString());
    }

    [SystemTheory]
    [InlineData(Addresses.HostAlias, "9", "ECONNREFUSED")]
    [InlineData(Site.Outside, "9", "ECONNREFUSED")]
    [InlineData(Site.Unreachable, "9", "EHOSTUNREACH")]
    public void Datagram_ThatCannotArrive_IsReportedToItsSender(
        string address, string port, string error)
    {
        Guest guest = StartGuest();
        Assert.Equal(error, (string?)guest.Does("datagram-error", address, port)["error"]);
    }

    [SlipwayFact]
    public void GuestPort_SeenByTwoServers_IsTheSameAndClosedToStrangers()
    {
        Guest guest = StartGuest();
        JsonObject result = guest.Does("mapping", Site.Outside, $"{Site.Port}");
        Assert.Equal((string?)result["seen"]![0], (string?)result["seen"]![1]);
        // Address-dependent filtering, RFC 4787 section 5.
        Assert.Equal(Site.Outside, (string?)result["another_port"]);
        Assert.Equal("", (string?)result["another_address"]);
    }
}
