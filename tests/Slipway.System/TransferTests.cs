using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Whole bytes in both directions, through short and long stalls.</summary>
public sealed class TransferTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const long Gibibyte = 1L << 30;
    private const long Mebibyte = 1L << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [SystemTheory]
    [InlineData("up", WideMtuBytes)]
    [InlineData("down", WideMtuBytes)]
    [InlineData("up", 1500)]
    [InlineData("down", 1500)]
    public void Transfer_OneGibibyte_ArrivesWhole(string direction, int mtuBytes)
    {
        Guest guest = StartGuest(mtuBytes);
        JsonObject result = guest.Does(
            Limit, direction, Addresses.HostAlias, $"{Site.Port}", $"{Gibibyte}");
        AssertWhole(result);
        Note($"{direction} at MTU {mtuBytes}: " +
            $"{Gibibyte / 1e3 / (double)result["ms"]!:F0} MB/s");
    }

    [SystemFact]
    public void Transfer_ToAndFromAnotherMachine_ArrivesWhole()
    {
        Guest guest = StartGuest();
        foreach (string direction in (string[])["up", "down"])
        {
            AssertWhole(guest.Does(
                Limit, direction, Site.Beyond, $"{Site.Port}", $"{64 * Mebibyte}"));
        }
    }

    [SystemFact]
    public void GuestReader_StopsForTenSecondsAndResumes_GetsEveryByteAndTheEngineStaysSmall()
    {
        Guest guest = StartGuest();
        long before = Engine?.ResidentKib ?? 0;
        using RunningProgram reader = guest.Starts(
            "down", Addresses.HostAlias, $"{Site.Port}", $"{256 * Mebibyte}", "10");
        Thread.Sleep(8_000);
        AssertStallIsCheap(before);
        AssertWhole(Guest.Parse(reader.ReadLine(Limit)));
    }

    [SystemFact]
    public void HostReader_StopsForTenSecondsAndResumes_GetsEveryByteAndTheEngineStaysSmall()
    {
        Guest guest = StartGuest();
        long before = Engine?.ResidentKib ?? 0;
        using RunningProgram writer = guest.Starts("up",
            Addresses.HostAlias, $"{Site.Port}", $"{256 * Mebibyte}", "stall 10");
        Thread.Sleep(8_000);
        AssertStallIsCheap(before);
        AssertWhole(Guest.Parse(writer.ReadLine(Limit)));
    }

    [SystemFact]
    public void GuestReader_ReadsByteByByte_IsNotStarvedBySillyWindows()
    {
        Guest guest = StartGuest();
        AssertWhole(guest.Does(
            "tiny-reader", Addresses.HostAlias, $"{Site.Port}", $"{Mebibyte}"));
    }

    [SystemTheory]
    [InlineData("guest-ends-first")]
    [InlineData("host-ends-first")]
    public void HalfClose_EitherWay_TheOtherDirectionGoesOn(string which)
    {
        Guest guest = StartGuest();
        JsonObject result = guest.Does(
            which, Addresses.HostAlias, $"{Site.Port}", $"{8 * Mebibyte}");
        AssertWhole(result);
        if (which == "host-ends-first")
        {
            Assert.Equal("bye", (string?)result["said"]);
        }
    }

    [SystemFact]
    public void HostReset_OnAnOpenConnection_ReachesTheGuest()
    {
        Guest guest = StartGuest();
        JsonObject result = guest.Does("aborted", Addresses.HostAlias, $"{Site.Port}");
        Assert.Equal("ECONNRESET", (string?)result["error"]);
    }

    [SystemFact]
    public void FourTuple_UsedAgainAtOnce_ConnectsAThousandTimes()
    {
        Guest guest = StartGuest();
        JsonObject result = guest.Does(
            "reuse", Addresses.HostAlias, $"{Site.Port}", "1000", "20001");
        Assert.Equal(1000, (int?)result["good"]);
    }

    private static void AssertWhole(JsonObject result) =>
        Assert.Equal((string?)result["sent"], (string?)result["got"]);

    // What is under way during a stall stands in the kernels' socket buffers.
    private void AssertStallIsCheap(long residentKibBefore)
    {
        if (Engine is null)
        {
            return;
        }

        long grownKib = Engine.ResidentKib - residentKibBefore;
        Note($"resident memory grew by {grownKib} KiB during the stall");
        Assert.InRange(grownKib, long.MinValue, 16 * 1024);
    }
}
