using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Upstream proxies of the host that come and go: squid and tinyproxy, each with a log of what it
/// was asked for.
/// </summary>
public sealed class ProxyUpstreamTests : SystemTest
{
    private const string Proxy = $"http://{Addresses.Gateway}:3128";
    private const string Page = $"http://{Site.Outside}/hello";
    private const string Blob = $"http://{Site.Outside}/blob";
    private const int SquidPort = 8_889;
    private const int TinyproxyPort = 8_890;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-upstreams-").FullName;

    public ProxyUpstreamTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    private string Control => $"unix:{_folder}/control.sock";

    private string TinyproxyLog => $"{_folder}/tinyproxy.log";

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    [SlipwayFact]
    public void Upstream_SwitchedWhileGuestsDownload_LosesNoRequest()
    {
        using WebServer web = new(Site.OutsideNamespace);
        using SquidProxy squid = new(Site.Host, _folder, SquidPort);
        using RunningProgram tinyproxy = StartTinyproxy();
        Guest guest = StartGuest(1500, "--control", Control);
        string stop = $"{_folder}/stop";
        using RunningProgram loop = guest.Namespace.Start(
            "sh", "-c", $"n=0; while [ ! -e {stop} ]; do for option in -x -px; do "
                + $"curl -sSf -m 30 -o /dev/null $option {Proxy} {Page} || echo FAILED; "
                + "n=$((n+1)); done; done; echo $n requests");
        string digest = RunningProgram.Run(Patience, "sha256sum", web.BlobPath).OrFail()
            .Output.Split(' ')[0];
        foreach (string upstream in (string[])[
            $"http://127.0.0.1:{SquidPort}", $"http://127.0.0.1:{TinyproxyPort}", "direct"])
        {
            Ask("proxy", "set", upstream);
            string count = $"{_folder}/begun";
            File.Delete(count);

            // Slow, so that they are in their midst when the upstream goes.
            using RunningProgram plain = Download(guest, "-x", $"{count}.plain");
            using RunningProgram tunnel = Download(guest, "-px", $"{count}.tunnel");
            foreach (string way in (string[])["plain", "tunnel"])
            {
                Eventually.Holds(Patience, $"the {way} download runs", () =>
                    File.Exists($"{count}.{way}") && new FileInfo($"{count}.{way}").Length > 0);
            }

            Ask("proxy", "set", $"http://127.0.0.1:{TinyproxyPort}");
            Ask("proxy", "reset");
            foreach (RunningProgram download in (RunningProgram[])[plain, tunnel])
            {
                Assert.Equal(
                    digest, download.Finish(Patience).OrFail().Output.Trim().Split(' ')[0]);
            }

            File.Delete($"{count}.plain");
            File.Delete($"{count}.tunnel");
        }

        File.WriteAllText(stop, "");
        string said = loop.Finish(Patience).Output;
        Note(said);
        Assert.DoesNotContain("FAILED", said, StringComparison.Ordinal);
        Assert.Contains(Blob, File.ReadAllText(squid.LogPath), StringComparison.Ordinal);
        Assert.Contains(Blob, File.ReadAllText(TinyproxyLog), StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void PacFile_OfTheConfiguration_ChoosesTheUpstream()
    {
        using WebServer web = new(Site.OutsideNamespace);
        using RunningProgram tinyproxy = StartTinyproxy();
        File.WriteAllText($"{_folder}/proxy.pac", $$"""
            function FindProxyForURL(url, host) {
              if (shExpMatch(url, "*://{{Site.Outside}}/*"))
                return "PROXY 127.0.0.1:9; PROXY 127.0.0.1:{{TinyproxyPort}}";
              return "DIRECT";
            }
            """);
        File.WriteAllText(
            $"{_folder}/slipway.json", $$"""{ "proxy": { "pac": "{{_folder}}/proxy.pac" } }""");
        Guest guest = StartGuest(
            1500, "--config", $"{_folder}/slipway.json", "--control", Control);
        Assert.Contains("proxy.pac", Ask("proxy").Output, StringComparison.Ordinal);
        guest.Run("curl", "-sSf", "-m", "60", "-x", Proxy, Page).OrFail();
        Eventually.Holds(Patience, "tinyproxy was asked", () =>
            File.ReadAllText(TinyproxyLog).Contains(Page, StringComparison.Ordinal));
        guest.Run(
            "curl", "-sSf", "-m", "60", "-x", Proxy, $"http://{Site.Outside}:7000/").OrFail();
        Assert.DoesNotContain(
            ":7000", File.ReadAllText(TinyproxyLog), StringComparison.Ordinal);
    }

    private static RunningProgram Download(Guest guest, string option, string begun) =>
        guest.Namespace.Start(
            "sh", "-c", $"curl -sSf -m 80 --limit-rate 8M {option} {Proxy} {Blob} "
                + $"| tee {begun} | sha256sum");

    private ProgramResult Ask(params string[] command) => Site.Host.Run(
        [Repository.Binary, .. command, "--control", Control]).OrFail();

    private RunningProgram StartTinyproxy()
    {
        File.WriteAllText($"{_folder}/tinyproxy.conf", $"""
            Port {TinyproxyPort}
            Listen 127.0.0.1
            LogFile "{TinyproxyLog}"
            LogLevel Info
            Timeout 60

            """);
        RunningProgram tinyproxy = Site.Host.Start(
            "tinyproxy", "-d", "-c", $"{_folder}/tinyproxy.conf");
        WaitForPort(TinyproxyPort);
        return tinyproxy;
    }

    private void WaitForPort(int port) => Eventually.Holds(
        Patience, $"port {port} is listened on", () => Site.Host.Run("ss", "-Hltn").Output
            .Contains($":{port}", StringComparison.Ordinal));
}
