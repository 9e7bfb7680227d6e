using System.Text.Json;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Tables that go on: `--watch`.</summary>
public sealed class WatchTests : SystemTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly string _control = Path.Combine(
        Path.GetTempPath(), $"slipway-{Environment.ProcessId}-{Guid.NewGuid():N}.sock");

    public WatchTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    private static string Remote => $"{Site.Outside}:{Site.Port}";

    [SlipwayFact]
    public void Flows_WatchedAsJson_AreAListALineUntilStopped()
    {
        Guest guest = StartGuest(WideMtuBytes, "--control", $"unix:{_control}");
        using RunningProgram watch = Start("flows", "--watch", "--json");
        Assert.Equal("[]", watch.ReadLine(s_limit));
        using RunningProgram talk = Talk(guest);
        string line = watch.ReadUntil(Remote, s_limit)[^1];
        Assert.Equal(JsonValueKind.Array, JsonDocument.Parse(line).RootElement.ValueKind);
        watch.Signal("INT");
        watch.Finish(s_limit).OrFail();
    }

    [SlipwayFact]
    public void Flows_WatchedOnATerminal_AreShownInPlaceAndTheCursorComesBack()
    {
        Guest guest = StartGuest(WideMtuBytes, "--control", $"unix:{_control}");
        using RunningProgram watch = Site.Host.Start(
            "env", "TERM=xterm", "script", "-qefc",
            $"'{Repository.Binary}' flows --watch --control unix:{_control} & echo pid $!; "
                + "wait $!; echo ended $?",
            "/dev/null");
        string id = watch.ReadUntil("pid ", s_limit)[^1].Split(' ')[^1].Trim();
        watch.ReadUntil("PROTOCOL", s_limit);
        using RunningProgram talk = Talk(guest);
        watch.ReadUntil(Remote, s_limit);
        RunningProgram.Run(s_limit, "kill", "-TERM", id).OrFail();
        IReadOnlyList<string> end = watch.ReadUntil("ended 0", s_limit);
        Assert.Contains("\u001b[?25h", string.Concat(end), StringComparison.Ordinal);
    }

    [SlipwayTheory]
    [InlineData("ports")]
    [InlineData("leases")]
    [InlineData("dns")]
    [InlineData("stats")]
    public void Table_WatchedUntilTheEngineEnds_SaysThatItHas(string table)
    {
        StartGuest(WideMtuBytes, "--control", $"unix:{_control}");
        using RunningProgram watch = Start(table, "--watch");
        watch.ReadLine(s_limit);
        Engine!.Stop();
        ProgramResult ended = watch.Finish(s_limit);
        Assert.Equal(1, ended.ExitStatus);
        Assert.Contains("slipway run", ended.Errors, StringComparison.Ordinal);
    }

    private static RunningProgram Talk(Guest guest) => guest.Namespace.Start(
        "socat", "-u", $"TCP:{Remote},readbytes=1", "STDOUT");

    private RunningProgram Start(params string[] words) => Site.Host.Start(
        [Repository.Binary, .. words, "--control", $"unix:{_control}"]);
}
