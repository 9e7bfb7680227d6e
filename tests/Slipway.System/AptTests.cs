using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// apt-get in a guest installs a package of a repository outside, under a root of its own.
/// </summary>
public sealed class AptTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const string Package = "slipway-greeting";
    private const string Greeting = "hello from a package";
    private const int SquidPort = 8_891;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-apt-").FullName;

    private string Root => $"{_folder}/root";

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    [SlipwayTheory]
    [InlineData("environment")]
    [InlineData("option")]
    public void Apt_ToldOfTheProxy_InstallsByIt(string how)
    {
        const string proxy = $"http://{Addresses.Gateway}:3128";
        using WebServer web = new(Site.OutsideNamespace);
        MakeRepository(web);
        Guest guest = StartGuest(1500);

        // No name server is told: apt-get knows no name but its proxy's address.
        bool isOption = how == "option";
        Install(
            guest, isOption ? null : $"http_proxy={proxy}",
            isOption ? ["-o", $"Acquire::http::Proxy={proxy}"] : []);
    }

    [SlipwayFact]
    public void Apt_ToldOfNothing_InstallsByTheUpstream()
    {
        using WebServer web = new(Site.OutsideNamespace);
        MakeRepository(web);
        using SquidProxy squid = new(Site.Host, _folder, SquidPort);
        Guest guest = StartGuest(1500, "--proxy", squid.Url);
        Directory.CreateDirectory(guest.Namespace.EtcPath);
        File.WriteAllText(
            $"{guest.Namespace.EtcPath}/resolv.conf", $"nameserver {Addresses.Gateway}\n");
        Install(guest, null);
        Eventually.Holds(Patience, "squid has told of the package", () =>
            File.ReadAllText(squid.LogPath).Contains(
                $"GET http://{WebServer.Name}/debian/./{Package}.deb", StringComparison.Ordinal));
    }

    private void Install(
        Guest guest, string? environment, params IEnumerable<string> options)
    {
        string[] command =
        [
            "env", "-u", "http_proxy", "-u", "https_proxy", "-u", "no_proxy",
            "DEBIAN_FRONTEND=noninteractive", .. environment is null ? (string[])[] : [environment],
            "apt-get", "-o", $"Dir={_folder}/apt", "-o", $"Dir::State::status={Root}/status",
            "-o", "Dir::Bin::methods=/usr/lib/apt/methods", "-o", "APT::Sandbox::User=root",
            "-o", "Acquire::Languages=none", "-o", "Acquire::Retries=0",
            "-o", $"DPkg::Options::=--root={Root}", "-o", "DPkg::Options::=--log=/dev/null",
            "-y", .. options,
        ];
        guest.Run(Patience, [.. command, "update"]).OrFail();
        guest.Run(Patience, [.. command, "install", Package]).OrFail();
        Assert.Equal(Greeting, File.ReadAllText($"{Root}/usr/share/greeting").Trim());
        ProgramResult listed = RunningProgram.Run(
            Patience, "dpkg-query", $"--admindir={Root}/var/lib/dpkg", "-W", "-f", "${Status}",
            Package);
        Assert.Equal("install ok installed", listed.OrFail().Output);
    }

    // Of dpkg-deb and dpkg-scanpackages, with the folders that apt-get and dpkg want to find.
    private void MakeRepository(WebServer web)
    {
        string tree = $"{_folder}/tree";
        string repository = Directory.CreateDirectory($"{web.Root}/debian").FullName;
        Directory.CreateDirectory($"{tree}/DEBIAN");
        Directory.CreateDirectory($"{tree}/usr/share");
        File.WriteAllText($"{tree}/usr/share/greeting", Greeting + "\n");
        File.WriteAllText($"{tree}/DEBIAN/control", $"""
            Package: {Package}
            Version: 1.0
            Architecture: all
            Maintainer: nobody <nobody@example.org>
            Description: a greeting

            """);
        RunningProgram.Run(
            Patience, "dpkg-deb", "--root-owner-group", "--build", tree,
            $"{repository}/{Package}.deb").OrFail();
        RunningProgram.Run(
            Patience, "sh", "-c", $"cd {repository} && dpkg-scanpackages . > Packages").OrFail();
        foreach (string folder in (string[])[
            $"{Root}/var/lib/dpkg/updates", $"{Root}/var/lib/dpkg/info",
            $"{_folder}/apt/etc/apt/apt.conf.d", $"{_folder}/apt/etc/apt/preferences.d",
            $"{_folder}/apt/etc/apt/sources.list.d", $"{_folder}/apt/etc/apt/trusted.gpg.d",
            $"{_folder}/apt/var/lib/apt/lists/partial",
            $"{_folder}/apt/var/cache/apt/archives/partial", $"{_folder}/apt/var/log/apt"])
        {
            Directory.CreateDirectory(folder);
        }

        File.WriteAllText($"{Root}/var/lib/dpkg/status", "");
        File.CreateSymbolicLink($"{Root}/status", $"{Root}/var/lib/dpkg/status");
        File.WriteAllText(
            $"{_folder}/apt/etc/apt/sources.list",
            $"deb [trusted=yes] http://{WebServer.Name}/debian ./\n");
    }
}
