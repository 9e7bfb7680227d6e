using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>What tests of DNS share: dig in a guest, unbound on the host.</summary>
public abstract class NameTest(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-names").FullName;

    /// <summary>A folder of the test's own.</summary>
    protected string Folder => folder;

    protected static string Short(Guest guest, params string[] question) =>
        guest.Run(TimeSpan.FromSeconds(40), [
            "dig", "+short", "+tries=2", "+time=4", $"@{Addresses.Gateway}", .. question])
            .OrFail().Output.Trim();

    protected static string Ask(Guest guest, params string[] question) =>
        guest.Run(TimeSpan.FromSeconds(40), [
            "dig", "+tries=2", "+time=4", $"@{Addresses.Gateway}", .. question]).OrFail().Output;

    /// <summary>Starts an engine with some keys of the configuration, and a guest.</summary>
    protected Guest StartConfigured(string keys)
    {
        string path = Path.Combine(folder, "slipway.json");
        File.WriteAllText(path, $"{{ {keys} }}");
        return StartGuest(WideMtuBytes, "--config", path);
    }

    /// <summary>Starts unbound on the host with records of its own, and waits for it.</summary>
    protected RunningProgram StartUnbound(string address, params string[] records) =>
        StartUnbound(address, [], records);

    protected RunningProgram StartUnbound(string address, string[] settings, string[] records)
    {
        string[] lines =
        [
            "server:", $"interface: {address}", "access-control: 0.0.0.0/0 allow",
            "do-daemonize: no", "use-syslog: no", "chroot: \"\"", "username: \"\"",
            "pidfile: \"\"", $"directory: \"{folder}\"", "local-zone: \"test.\" static",
            "num-threads: 1", .. settings,
            .. records.Select(record => $"local-data: '{record}'"),
        ];
        string path = Path.Combine(folder, $"unbound-{address}.conf");
        File.WriteAllLines(path, lines);
        RunningProgram unbound = Own(Site.Host.Start("unbound", "-c", path));
        string[] first = records[0].Split(' ');
        Eventually.Holds(TimeSpan.FromSeconds(20), "unbound answers", () =>
            Site.Host.Run("dig", "+short", "+tries=1", "+time=1", $"@{address}", first[0])
                .Output.Trim() == first[^1]);
        return unbound;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(folder, recursive: true);
    }
}
