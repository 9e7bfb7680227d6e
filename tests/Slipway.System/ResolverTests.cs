using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>The processes beside the engine: what ends them costs what they were asked.</summary>
public sealed class ResolverTests(Site site, ITestOutputHelper output) : NameTest(site, output)
{
    private const int LookupDeadlineMs = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SlipwayFact]
    public void NameProcess_KilledWhileItLooksUp_FailsThatAndNoOther()
    {
        string modules = $"{Site.Host.EtcPath}/nsswitch.conf";
        try
        {
            File.WriteAllText(modules, "hosts: dns files\n"); // only the C library knows this
            Guest guest = StartGuest();
            Assert.Equal("192.0.2.1", Short(guest, "a.test"));
            int process = Assert.Single(Find("names"));
            CheckConfinement(process);
            string answer = AskWhileKilled(guest, process);
            Assert.Contains("status: SERVFAIL", answer, StringComparison.Ordinal);
            Assert.InRange(
                int.Parse(Regex.Match(answer, "Query time: ([0-9]+)").Groups[1].Value,
                    CultureInfo.InvariantCulture),
                0, LookupDeadlineMs - 1);

            Assert.Equal("2001:db8::2", Short(guest, "both.test", "AAAA"));
            Assert.NotEqual(process, Assert.Single(Find("names")));
            Assert.Single(Regex.Matches(Engine!.Log, @"\(status 137\) and is started again"));

            int[] beside = [.. Find("names"), .. Keepers()];
            Engine.Kill();
            Eventually.Holds(Patience, "what was beside the engine has ended", () =>
                !beside.Any(id => Directory.Exists($"/proc/{id}")));
        }
        finally
        {
            File.WriteAllText(modules, "hosts: files dns\n");
        }
    }

    [SlipwayFact]
    public void ScriptProcess_ThatIsKilledOrRunsAway_CostsThatScriptsRequests()
    {
        using WebServer web = new(Site.OutsideNamespace);
        string outside = Site.Outside;
        string script = Path.Combine(Folder, "proxy.pac");
        File.WriteAllText(script, $$"""
            function FindProxyForURL(url, host) {
              var eaten = [];
              while (host == "loop.test") { }
              while (host == "eat.test") { eaten.push(new Array(99999).join("x") + eaten.length); }
              return Math.random() > 2 || dateRange(2001) ? "PROXY 192.0.2.1:1" : "DIRECT";
            }
            """);
        Guest guest = StartConfigured(
            $$""" "proxy": { "pac": "{{script}}", "pacFailure": "next" } """);
        Assert.Empty(Find("scripts"));
        Fetch(guest, outside);
        int process = Assert.Single(Find("scripts"));
        CheckConfinement(process);
        CheckNamespaces(process);
        Assert.Empty(Find("names")); // `files dns` needs none

        using RunningProgram looping = Start(guest, "loop.test");
        using RunningProgram eating = Start(guest, "eat.test");
        Fetch(guest, $"{outside}:80/hello?");
        looping.Finish(Patience);
        eating.Finish(Patience);
        Eventually.Holds(Patience, "the script's failures are told", () =>
            Engine!.Log.Contains("asked about loop.test", StringComparison.Ordinal)
            && Engine.Log.Contains("asked about eat.test", StringComparison.Ordinal));

        Kill(Assert.Single(Find("scripts")));
        File.AppendAllText(script, "// another text is another program\n");
        Fetch(guest, outside);
        Assert.Single(Find("scripts"));
    }

    private static void Fetch(Guest guest, string where) =>
        Start(guest, where).Finish(Patience).OrFail();

    private static RunningProgram Start(Guest guest, string where) => guest.Namespace.Start(
        "curl", "-sSf", "-m", "60", "-x", $"http://{Addresses.Gateway}:3128",
        $"http://{where}/hello");

    private string AskWhileKilled(Guest guest, int process)
    {
        Site.Names.Signal("STOP");
        try
        {
            int before = CountDescriptors(process);
            RunningProgram asking = Own(guest.Namespace.Start(
                "dig", "+tries=1", "+time=30", $"@{Addresses.Gateway}", "hangs.test"));
            Eventually.Holds(Patience, "the name is being looked up", () =>
                CountDescriptors(process) > before);
            Kill(process);
            return asking.Finish(Patience).Output;
        }
        finally
        {
            Site.Names.Signal("CONT");
        }
    }

    /// <summary>On each of its threads, and for the process.</summary>
    private static void CheckConfinement(int process)
    {
        foreach (string task in Directory.GetDirectories($"/proc/{process}/task"))
        {
            string status = File.ReadAllText($"{task}/status");
            Assert.Matches("NoNewPrivs:\t1", status);
            Assert.Matches("Seccomp:\t2", status);
            Assert.All((string[])["CapEff", "CapPrm", "CapInh", "CapAmb"], set =>
                Assert.Matches($"{set}:\t0+\n", status));
        }

        string limits = File.ReadAllText($"/proc/{process}/limits");
        Assert.Matches("Max core file size +0 +0", limits);
        Assert.Matches("Max open files +256 +256", limits);
        Assert.Matches("Max address space +[0-9]+ +[0-9]+", limits);
        Assert.DoesNotContain("proxy", File.ReadAllText($"/proc/{process}/environ"),
            StringComparison.OrdinalIgnoreCase);
        Assert.All((string[])["0", "1", "2"], stream => Assert.Equal(
            "/dev/null", File.ResolveLinkTarget($"/proc/{process}/fd/{stream}", false)!.FullName));
    }

    private static void CheckNamespaces(int process) => Assert.All(
        (string[])["user", "net", "ipc", "uts", "pid"], name => Assert.NotEqual(
            new FileInfo($"/proc/self/ns/{name}").LinkTarget,
            new FileInfo($"/proc/{process}/ns/{name}").LinkTarget));

    private static void Kill(int process) =>
        RunningProgram.Run(Patience, "kill", "-KILL", $"{process}").OrFail();

    private static int CountDescriptors(int process) =>
        Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>The processes of a role that the engine's keepers have started.</summary>
    private int[] Find(string role) => [.. Keepers().SelectMany(Below).Where(id =>
        CommandLine(id) is [_, "resolver", string its, ..] && its == role)];

    private int[] Keepers() => [.. ChildrenOf(Engine!.ProcessId).Where(id =>
        CommandLine(id).Contains("slipway-keeper"))];

    private static IEnumerable<int> Below(int id) =>
        ChildrenOf(id).SelectMany(child => Below(child).Prepend(child));

    private static string[] CommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return []; // it has ended
        }
    }

    private static IEnumerable<int> ChildrenOf(int id) => Directory
        .GetDirectories($"/proc/{id}/task")
        .SelectMany(task => File.ReadAllText($"{task}/children").Split(
            ' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(child => int.Parse(child, CultureInfo.InvariantCulture));
}
