using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Several guests of one engine: they reach each other, and cannot harm each other.
/// </summary>
public sealed class SwitchTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const string SecondGuest = "192.168.127.3";

    [SlipwayFact]
    public void TwoGuests_OnOneSwitch_ReachEachOtherAndTheHost()
    {
        (Guest first, Guest second) = StartTwoGuests();
        first.Run("ping", "-n", "-c2", "-i0.2", "-W2", SecondGuest).OrFail();
        second.Run("ping", "-n", "-c2", "-i0.2", "-W2", Addresses.FirstGuest).OrFail();
        using RunningProgram services = Site.StartServices(second.Namespace, "0.0.0.0", 7000);
        Assert.Contains("hello", Page(first, SecondGuest), StringComparison.Ordinal);
        Assert.Contains("hello", Page(first, Addresses.HostAlias), StringComparison.Ordinal);
        Assert.Contains("hello", Page(second, Addresses.HostAlias), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Guest_ThatClaimsToBeTheGateway_IsNotBelieved()
    {
        (Guest first, Guest second) = StartTwoGuests();
        first.Run("ping", "-n", "-c1", "-W2", Addresses.Gateway).OrFail();
        second.Does("spoof-gateway", Guest.Interface, Addresses.Gateway, Addresses.GatewayMac);
        string neighbour = first.Run("ip", "neigh", "show", Addresses.Gateway).Output;
        Assert.Contains(Addresses.GatewayMac, neighbour, StringComparison.Ordinal);
        first.Run("ping", "-n", "-c2", "-i0.2", "-W2", Addresses.Gateway).OrFail();
        Assert.Contains("hello", Page(first, Addresses.HostAlias), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void TwoGuests_OfDifferentGroups_ReachTheHostAndNotEachOther()
    {
        (Guest first, Guest second) = StartTwoGuests(
            1500, ",group=web", ",isolated", $"127.0.0.1:17999:{Addresses.FirstGuest}:7000");
        Assert.Contains("hello", Page(first, Addresses.HostAlias), StringComparison.Ordinal);
        Assert.Contains("hello", Page(second, Addresses.HostAlias), StringComparison.Ordinal);
        Assert.NotEqual(0, first.Run("ping", "-n", "-c1", "-W1", SecondGuest).ExitStatus);
        Assert.NotEqual(0, second.Run("ping", "-n", "-c1", "-W1", Addresses.FirstGuest).ExitStatus);
        string neighbour = first.Run("ip", "neigh", "show", SecondGuest).Output;
        Assert.DoesNotContain("lladdr", neighbour, StringComparison.Ordinal);

        // Nor by a published port on the host's loopback, which is the first one's own.
        using RunningProgram services = Site.StartServices(first.Namespace, "0.0.0.0", 7000);
        string page = $"http://{Addresses.HostAlias}:17999/";
        Assert.Contains(
            "hello", first.Run("curl", "-sS", "--max-time", "5", page).OrFail().Output,
            StringComparison.Ordinal);
        const int CouldNotConnect = 7;
        Assert.Equal(
            CouldNotConnect, second.Run("curl", "-s", "--max-time", "5", page).ExitStatus);
        string status = second.Run(
            "curl", "-s", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}",
            "-x", $"http://{Addresses.Gateway}:3128", page).Output;
        Assert.Equal("403", status);
    }

    /// <summary>
    /// What one guest's kernel leaves to its device is left to the other's, or done on the way.
    /// </summary>
    [SlipwayTheory]
    [InlineData("", "")]
    [InlineData("", ",offload=no")]
    [InlineData(",offload=no", "")]
    public void TwoGuests_WithAndWithoutOffloads_PassEachOtherEveryByte(
        string firstOptions, string secondOptions)
    {
        const long bytes = 256L << 20;
        (Guest first, Guest second) = StartTwoGuests(1500, firstOptions, secondOptions);
        using RunningProgram services = Site.StartServices(second.Namespace, "0.0.0.0", 7000);
        foreach (string direction in (string[])["up", "down"])
        {
            JsonObject result = first.Does(direction, SecondGuest, "7000", $"{bytes}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
            Note($"{direction}: {bytes / 1e3 / (double)result["ms"]!:F0} MB/s");
        }
    }

    [SlipwayFact]
    public void Link_WhoseNamespaceGoesAway_IsReportedAndTheOtherGuestIsServed()
    {
        (Guest first, Guest second) = StartTwoGuests();
        second.Run("ping", "-n", "-c1", "-W2", Addresses.Gateway).OrFail();
        int before = Engine!.Log.Length;
        second.Dispose();
        Eventually.Holds(TimeSpan.FromSeconds(10), "the lost link is reported",
            () => Engine.Log.Length > before);
        Note(Engine.Log[before..]);
        Assert.Contains(Guest.Interface, Engine.Log[before..], StringComparison.Ordinal);
        Assert.Contains("hello", Page(first, Addresses.HostAlias), StringComparison.Ordinal);
        long ticks = Engine.ProcessorTicks;
        Thread.Sleep(2_000);
        Assert.InRange(Engine.ProcessorTicks - ticks, 0, 10); // of 200
    }

    private (Guest First, Guest Second) StartTwoGuests(
        int mtuBytes = WideMtuBytes, string firstOptions = "", string secondOptions = "",
        string? published = null)
    {
        Guest first = Own(new Guest());
        Guest second = Own(new Guest());
        StartEngine([
            Link(first, ",configure=no" + firstOptions),
            Link(second, ",configure=no" + secondOptions), $"--mtu={mtuBytes}",
            .. published is null ? Array.Empty<string>() : [$"--publish={published}"],
        ]);
        Configure(first, Addresses.FirstGuest, mtuBytes);
        Configure(second, SecondGuest, mtuBytes);
        return (first, second);
    }

    private static void Configure(Guest guest, string address, int mtuBytes) =>
        guest.Namespace.Configure(
        $"addr add {address}/24 dev {Guest.Interface}",
        $"link set {Guest.Interface} mtu {mtuBytes} up",
        $"route add default via {Addresses.Gateway}");

    private static string Page(Guest guest, string address) => guest.Run(
        "curl", "-sS", "--max-time", "5", $"http://{address}:{Site.Port}/").OrFail().Output;
}
