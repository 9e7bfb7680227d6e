using System.Globalization;
using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// What the engine costs when little happens, and how it fares when it lacks something.
/// </summary>
public sealed class LifeTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    // Some 19 MiB, of which the program's own pages are half; with two workers some more.
    private const int MostIdleKib = 22 * 1024;
    private const int DescriptorLimit = 80;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [SlipwayFact]
    public void Engine_WithOpenConnectionsAndNothingToDo_UsesNoProcessorTimeAndLittleMemory()
    {
        // At the usual path another test's engine would look whether there is one.
        string control = $"/tmp/slipway-idle-{Environment.ProcessId}.sock";
        Guest guest = StartGuest(WideMtuBytes, "--control", $"unix:{control}");
        using RunningProgram open = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", "10");
        Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(20)));
        Thread.Sleep(1_000);
        long ticks = long.MaxValue;
        for (int window = 0; window < 3 && ticks > 1; window++)
        {
            // What the start has left to do may last into the first.
            long before = Engine!.ProcessorTicks;
            Thread.Sleep(3_000);
            ticks = Engine.ProcessorTicks - before;
            Note($"{ticks} ticks of 10 ms in 3 s; {Engine.ResidentKib} KiB resident");
        }

        Assert.InRange(ticks, 0, 1);
        Assert.InRange(Engine!.ResidentKib, 0, MostIdleKib);
    }

    [SlipwayFact]
    public void Engine_FromStartToReady_TakesAMoment()
    {
        Guest guest = Own(new Guest());
        ProgramResult result = Site.Host.Run("python3", Repository.Tool("startup.py"), "9",
            Repository.Binary, "run", Link(guest), "--ready-fd", "{}").OrFail();
        double median = double.Parse(result.Output, CultureInfo.InvariantCulture);
        Note($"ready after {median} ms (median of 9)");
        // A quiet machine takes half of it: another pass of these tests runs beside.
        Assert.InRange(median, 0, 300);
    }

    [SlipwayFact]
    public void Engine_OutOfDescriptors_RefusesNewFlowsKeepsOldOnesAndSaysSoOnce()
    {
        Guest guest = Own(new Guest());
        SlipwayEngine engine = Own(new SlipwayEngine(Site,
            ["prlimit", $"--nofile={DescriptorLimit}:{DescriptorLimit}"],
            [Link(guest), $"--mtu={WideMtuBytes}"]));
        using RunningProgram open = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", $"{DescriptorLimit + 40}");
        JsonObject result = Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(60)));
        Note($"{result["open"]} open; {engine.Log}");
        int opened = (int)result["open"]!;
        Assert.InRange(opened, 10, DescriptorLimit);
        Assert.Equal(opened, (int)result["alive"]!);
        Assert.All(result["errors"]!.AsArray(), error =>
            Assert.Contains((string?)error, (string[])["ECONNREFUSED", "EHOSTUNREACH"]));
        Assert.Equal(1, engine.Log.Split('\n').Count(line =>
            line.Contains("descriptor", StringComparison.OrdinalIgnoreCase)));

        // UDP's new flows are refused as well, and the old connections still live.
        guest.Does("datagram-error", Addresses.HostAlias, $"{Site.Port}");
        open.WriteLine("");
        Assert.Equal(opened, (int)Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(60)))["alive"]!);
        open.Dispose();
        Eventually.Holds(TimeSpan.FromSeconds(10), "new connections are possible again", () =>
            (string?)guest.Does("attempt", Addresses.HostAlias, $"{Site.Port}")["error"] == "");
    }

    [SlipwayFact]
    public void Engine_ToldToStop_EndsAtOnceWithStatusZero()
    {
        Guest guest = StartGuest();
        using RunningProgram open = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", "3");
        Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(20)));
        ProgramResult end = Engine!.Stop();
        Assert.Equal(0, end.ExitStatus);
    }

    [SlipwayFact]
    public void Engine_ToldToStopWithTimeToDrain_RefusesNewConnectionsUntilTheOpenOnesEnd()
    {
        Guest guest = StartGuest(arguments: ["--drain", "60"]);
        using RunningProgram open = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", "2");
        Guest.Parse(open.ReadLine(s_limit));
        Signal("TERM");
        Eventually.Holds(s_limit, "new connections are refused", () =>
            (string?)guest.Does("attempt", Addresses.HostAlias, $"{Site.Port}")["error"]
                == "ECONNREFUSED");
        open.WriteLine("");
        Assert.Equal(2, (int)Guest.Parse(open.ReadLine(s_limit))["alive"]!);
        Assert.Contains("2 connections have 60 s left", Engine!.Log, StringComparison.Ordinal);
        open.Dispose();
        Eventually.Holds(s_limit, "it ends with the last of them", () => !Engine.IsAlive);
        Assert.Equal(0, Engine.Stop(isEnding: true).ExitStatus);
    }

    [SlipwayFact]
    public void Engine_ToldToStop_ResetsWhatIsOpenAtItsDeadline()
    {
        Guest guest = StartGuest(arguments: ["--drain", "1"]);
        using RunningProgram open = guest.Starts(
            "await-end", Addresses.HostAlias, $"{Site.Port + 1}");
        Guest.Parse(open.ReadLine(s_limit));
        Assert.Equal(0, Engine!.Stop().ExitStatus);
        Assert.Equal("ECONNRESET", (string?)Guest.Parse(open.ReadLine(s_limit))["end"]);
    }

    [SlipwayFact]
    public void Engine_KilledAndStartedAgain_ServesTheGuestAtOnceAndResetsItsOldConnections()
    {
        Guest guest = StartGuest();
        using RunningProgram old = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", "2");
        Guest.Parse(old.ReadLine(s_limit));
        Engine!.Kill();
        StartEngine(Link(guest), $"--mtu={WideMtuBytes}");
        Assert.Equal(
            "", (string?)guest.Does("attempt", Addresses.HostAlias, $"{Site.Port}")["error"]);
        old.WriteLine("");
        Assert.Equal(0, (int)Guest.Parse(old.ReadLine(s_limit))["alive"]!);
        Assert.Contains("stranded 0", Engine.Report(), StringComparison.Ordinal);
    }

    [SlipwayTheory]
    [InlineData("os.close(2)")] // nobody has ever listened
    [InlineData("os.dup2(os.open('/dev/full', os.O_WRONLY), 2)")]
    [InlineData("r, w = os.pipe(); os.dup2(w, 2); os.close(r)")]
    [InlineData("r, w = os.pipe(); os.set_inheritable(r, True); os.dup2(w, 2); "
        + "n = fcntl.fcntl(w, 1031, 4096); os.write(w, bytes(n))")] // full, and nobody reads
    public void Engine_WhoseLogGoesNowhere_ServesItsGuests(string standardError)
    {
        Guest guest = Own(new Guest());
        SlipwayEngine engine = Own(new SlipwayEngine(
            Site,
            ["python3", "-c",
                $"import fcntl, os, sys; {standardError}; os.execv(sys.argv[1], sys.argv[1:])"],
            [Link(guest), $"--mtu={WideMtuBytes}", "--log-level=debug"]));
        guest.Does("up", Addresses.HostAlias, $"{Site.Port}", "1000000");
        RunningProgram.Run(s_limit, "kill", "-USR1", $"{engine.ProcessId}").OrFail();
        guest.Does("up", Addresses.HostAlias, $"{Site.Port}", "1000000");
        Assert.Equal(
            "", (string?)guest.Does("attempt", Addresses.HostAlias, $"{Site.Port}")["error"]);
        Assert.Equal(0, engine.Stop().ExitStatus);
    }

    [SlipwayFact]
    public void Engine_OutOfPorts_RefusesNewConnectionsToThatPeerAndServesOthers()
    {
        const int ports = 10;
        Guest guest = StartGuest();
        string before = Site.Host.Run("sysctl", "-n", "net.ipv4.ip_local_port_range").OrFail()
            .Output.Trim().Replace('\t', ' ');
        try
        {
            Site.Host.Set("net.ipv4.ip_local_port_range", $"50000 {50_000 + ports - 1}");
            using RunningProgram open = guest.Starts(
                "keep-open", Site.Outside, $"{Site.Port + 1}", $"{2 * ports}");
            JsonObject result = Guest.Parse(open.ReadLine(s_limit));
            int opened = (int)result["open"]!;
            Note($"{opened} of {2 * ports} open");
            Assert.InRange(opened, ports / 2, ports);
            Assert.Equal(opened, (int)result["alive"]!);
            Assert.All(
                result["errors"]!.AsArray(), error => Assert.Equal("ECONNREFUSED", (string?)error));
            Assert.Contains("descriptors, ports or memory", Engine!.Log, StringComparison.Ordinal);
            Assert.Equal(
                "", (string?)guest.Does("attempt", Site.Outside, $"{Site.Port}")["error"]);
            open.WriteLine("");
            Assert.Equal(opened, (int)Guest.Parse(open.ReadLine(s_limit))["alive"]!);
        }
        finally
        {
            Site.Host.Set("net.ipv4.ip_local_port_range", before);
        }
    }

    private void Signal(string name) =>
        RunningProgram.Run(s_limit, "kill", "-" + name, $"{Engine!.ProcessId}").OrFail();

    [SlipwayFact]
    public void Engine_PutToSleepAndWoken_GoesOn()
    {
        Guest guest = StartGuest();
        using RunningProgram open = guest.Starts(
            "keep-open", Addresses.HostAlias, $"{Site.Port + 1}", "3");
        Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(20)));
        RunningProgram.Run(TimeSpan.FromSeconds(5), "kill", "-STOP", $"{Engine!.ProcessId}");
        Thread.Sleep(3_000);
        RunningProgram.Run(TimeSpan.FromSeconds(5), "kill", "-CONT", $"{Engine.ProcessId}");
        open.WriteLine("");
        Assert.Equal(3, (int)Guest.Parse(open.ReadLine(TimeSpan.FromSeconds(20)))["alive"]!);
    }
}
