using System.Globalization;
using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// What an engine's process has given up, as the kernel tells it of each of its threads, and as
/// attempts from several threads show.
/// </summary>
public sealed class SandboxTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const int EPERM = 1;
    private const int EACCES = 13;
    private const int ENOSYS = 38;
    private const int EndedBySystemCall = 128 + 31; // SIGSYS
    private const ulong NetBindService = 1 << 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-sandbox-").FullName;

    [SlipwayFact]
    public void Engine_WithAGuest_HasGivenUpAllOnEveryThread()
    {
        string control = Path.Combine(_folder, "control.sock");
        Guest guest = StartGuest(WideMtuBytes, $"--control=unix:{control}");
        _ = guest.Does(s_patience, "down", Addresses.HostAlias, $"{Site.Port}", $"{4 << 20}");
        string process = $"/proc/{Engine!.ProcessId}";
        string[] threads = Directory.GetDirectories($"{process}/task");
        Assert.True(threads.Length > 2, $"{threads.Length} threads");
        foreach (string thread in threads)
        {
            Dictionary<string, string> status = StatusOf(thread);
            Assert.Equal("1", status["NoNewPrivs"]);
            Assert.Equal("2", status["Seccomp"]);
            foreach (string set in (string[])["CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"])
            {
                ulong has = ulong.Parse(
                    status[set], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                Assert.True((has & ~NetBindService) == 0, $"{thread} {set} {has:x}");
            }
        }

        string core = File.ReadAllLines($"{process}/limits").First(
            line => line.StartsWith("Max core file size", StringComparison.Ordinal));
        Assert.Equal("0", core.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4]);
        foreach (string name in (string[])["mnt", "ipc", "uts"])
        {
            Assert.NotEqual(
                new FileInfo($"/proc/self/ns/{name}").LinkTarget,
                new FileInfo($"{process}/ns/{name}").LinkTarget);
        }

        CheckDoctor(control);
    }

    // The engine's own word on what has just been seen from outside, and why the rest is not there.
    private static void CheckDoctor(string control)
    {
        ProgramResult result = RunningProgram.Run(
            s_patience, Repository.Binary, "doctor", "--json", "--control", $"unix:{control}");
        Dictionary<string, JsonNode> points = JsonNode.Parse(result.Output)!.AsArray()
            .ToDictionary(one => (string)one!["check"]!, one => one!);
        Assert.Equal($"{control}, sandbox auto", (string)points["engine"]["detail"]!);
        foreach (string point in (string[])[
            "no new privileges", "capabilities", "system calls", "own mnt namespace",
            "own ipc namespace", "own uts namespace", "files", "memory hidden", "no core files",
            "inherited descriptors", "no programs"])
        {
            JsonNode told = points[$"engine: {point}"];
            Assert.True((string)told["verdict"]! == "yes", $"{point}: {told}");
        }

        foreach (string point in (string[])["not root", "own user namespace", "own pid namespace"])
        {
            JsonNode told = points[$"engine: {point}"];
            Assert.True((string)told["verdict"]! == "no", $"{point}: {told}");
            Assert.NotEqual("", (string)told["detail"]!);
        }
    }

    [SlipwayFact]
    public void Probe_OfTheNamesProcess_ReadsWhatNamesNeedAndWritesNothing()
    {
        const int packet = 17;
        const int inet = 2;
        Assert.All(
            Probe("names", "read=/etc/hosts", $"socket={inet}"), result => AssertAll(0, result));
        Assert.All(
            Probe(
                "names", "read=/", "read=/root", "read=/home", "make=/tmp/made",
                "make=/etc/made", "make=/run/made"),
            result => AssertAll(EACCES, result));
        Assert.All(
            Probe(
                "names", "serve", $"socket={packet}", "start=/bin/true", "execute=/bin/true",
                "mount=/mnt", "unshare"),
            result => AssertAll(EPERM, result));
    }

    [SlipwayFact]
    public void Probe_OfTheScriptsProcess_OpensNothingAndHasNoSockets()
    {
        const int unix = 1;
        Assert.All(
            Probe(
                "scripts", "read=/etc/hosts", "read=/proc/self/status", "read=/dev/null",
                "read=/usr/lib", "make=/tmp/made"),
            result => AssertAll(EACCES, result));
        Assert.All(
            Probe("scripts", "serve", $"socket={unix}", "start=/bin/true"),
            result => AssertAll(EPERM, result));
        Assert.Equal(EndedBySystemCall, RunProbe("scripts", "execute=/bin/true").ExitStatus);
    }

    [SlipwayFact]
    public void Probe_OpeningWhatNobodyNamed_IsRefusedOnEveryThread()
    {
        string secret = Path.Combine(Path.GetTempPath(), $"slipway-{Guid.NewGuid():n}");
        File.WriteAllText(secret, "secret");
        try
        {
            Assert.All(
                Probe(
                    $"read={secret}", "read=/root", "read=/home", "read=/", "make=/tmp/made",
                    "make=/etc/made", "make=/usr/made", "listen=/tmp/made.sock"),
                result => AssertAll(EACCES, result));
            Assert.All(
                Probe("read=/etc/hosts", "read=/proc/self/status", "read=/dev/urandom"),
                result => AssertAll(0, result));
        }
        finally
        {
            File.Delete(secret);
        }
    }

    [SlipwayFact]
    public void Probe_OfOtherSockets_IsRefusedOnEveryThread()
    {
        const int packet = 17;
        const int bluetooth = 31;
        const int inet6 = 10;
        Assert.All(
            Probe($"socket={packet}", $"socket={bluetooth}", "start=/bin/true"),
            result => AssertAll(EPERM, result));
        Assert.All(Probe($"socket={inet6}"), result => AssertAll(0, result));
    }

    [SlipwayTheory]
    [InlineData("execute=/bin/true")]
    [InlineData("mount=/mnt")]
    [InlineData("unshare")]
    public void Probe_OfWhatNoEngineDoes_EndsTheProcess(string attempt)
    {
        ProgramResult result = RunProbe(attempt);
        Assert.True(result.ExitStatus == EndedBySystemCall, $"{result}");
    }

    [SlipwayFact]
    public void Publish_OfASocketOutside_IsRefusedWithTheKey()
    {
        Guest guest = Own(new Guest());
        string named = Directory.CreateDirectory(Path.Combine(_folder, "named")).FullName;
        string other = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        string runtime = Directory.CreateDirectory(Path.Combine(_folder, "runtime")).FullName;
        string config = Path.Combine(_folder, "slipway.json");
        File.WriteAllText(config, $$"""{ "sandbox": { "mode": "on", "paths": ["{{named}}"] } }""");

        // The default place, whose folder the engine has to make before the sandbox.
        string control = Path.Combine(runtime, "slipway", "control.sock");
        using SlipwayEngine engine = new(
            Site, ["env", $"XDG_RUNTIME_DIR={runtime}"], [Link(guest), $"--config={config}"]);
        ProgramResult refused = Publish(control, $"unix:{other}/web.sock:80");
        Assert.NotEqual(0, refused.ExitStatus);
        Assert.Contains("sandbox.paths", refused.Errors, StringComparison.Ordinal);
        Assert.Contains($"{other}/web.sock", refused.Errors, StringComparison.Ordinal);
        Publish(control, $"unix:{named}/web.sock:80").OrFail();
        Assert.True(File.Exists($"{named}/web.sock"));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    private ProgramResult Publish(string control, string what) => RunningProgram.Run(
        s_patience, Repository.Binary, "publish", what, "--control", $"unix:{control}");

    private static void AssertAll(int errno, string result)
    {
        string[] words = result.Split(' ');
        Assert.Equal(9, words.Length);
        Assert.All(words[1..], word => Assert.True(
            word == errno.ToString(CultureInfo.InvariantCulture)
                || (errno == EPERM && word == $"{ENOSYS}"), result));
    }

    private string[] Probe(params string[] attempts)
    {
        ProgramResult result = RunProbe(attempts).OrFail();
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(attempts.Count(word => word is not ("names" or "scripts")), lines.Length);
        return lines;
    }

    private static ProgramResult RunProbe(params string[] attempts) => RunningProgram.Run(
        s_patience, [Repository.Binary, "sandbox-probe", .. attempts]);

    private static Dictionary<string, string> StatusOf(string thread) =>
        File.ReadLines($"{thread}/status").Select(line => line.Split(':', 2))
            .ToDictionary(parts => parts[0], parts => parts[1].Trim());
}
