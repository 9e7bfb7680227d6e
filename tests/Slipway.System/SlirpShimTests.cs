using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Debian's unchanged QEMU with `-netdev user` on the engine: interop/slirp's library is loaded
/// before libslirp.
/// </summary>
[Collection(SiteCollection.Name)]
public sealed class SlirpShimTests(Site site, ITestOutputHelper output)
{
    private const string HostAlias = "10.0.2.2";
    private const string NameServer = "10.0.2.3";
    private const string ForwardedPort = "8201";
    private const int TransferBytes = 32 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    [SlipwayFact]
    public void QemusUserNetwork_OnTheShim_HasLeaseNamesDownloadAndForward()
    {
        RunningProgram.Run(
            s_limit, "env", $"SLIPWAY_ABI={Repository.Abi}",
            Path.Combine(Repository.Root, "interop", "slirp", "build.sh")).OrFail();
        string shim = Path.Combine(Repository.Abi, "lib", "libslipway-slirp.so");
        using QemuGuest guest = QemuGuest.OverUserNetwork(
            site.Host, shim, $",hostfwd=tcp:127.0.0.1:{ForwardedPort}-:80");
        output.WriteLine(guest.Greeting);
        string lease = guest.Run(s_limit, "cat", "/tmp/dhcp").OrFail().Output;
        Assert.Contains(
            $"lease of 10.0.2.15 obtained from {NameServer}", lease, StringComparison.Ordinal);

        // Of libslirp nobody would know this name.
        string name = guest.Run(
            s_limit, "dig", "+short", $"@{NameServer}", "host.internal").OrFail().Output;
        Assert.Equal(HostAlias, name.Trim());
        name = guest.Run(s_limit, "dig", "+short", $"@{NameServer}", "a.test").OrFail().Output;
        Assert.Equal("192.0.2.1", name.Trim());
        guest.Run(s_limit, "ping", "-n", "-c1", "-W5", HostAlias).OrFail();

        foreach (string direction in (string[])["down", "up"])
        {
            JsonObject result = guest.Does(
                s_limit, direction, HostAlias, $"{Site.Port}", $"{TransferBytes}");
            Assert.Equal((string?)result["sent"], (string?)result["got"]);
            output.WriteLine($"{direction}: {result["ms"]} ms for 32 MiB");
        }

        guest.Start("httpd -f -p 80 -h /tools");
        string page = site.Host.Run(
            s_limit, "curl", "-sS", "--retry", "5", "--retry-connrefused", "--max-time", "20",
            $"http://127.0.0.1:{ForwardedPort}/configure.sh").OrFail().Output;
        Assert.Contains("udhcpc", page, StringComparison.Ordinal);
    }
}
