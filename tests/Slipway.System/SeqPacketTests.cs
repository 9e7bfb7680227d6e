using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Stock User Mode Linux on `--link seqpacket:`.</summary>
[Collection(SiteCollection.Name)]
public sealed class SeqPacketTests(Site site, ITestOutputHelper output) : IDisposable
{
    private const int TransferBytes = 32 << 20;
    private const string PublishedPort = "8210";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string path =
        Path.Combine(Path.GetTempPath(), $"slipway-uml-{Environment.ProcessId}.sock");

    public void Dispose() => File.Delete(path);

    [SlipwayFact]
    public void UserModeLinux_BootsTwice_TransfersWholeBothWaysAndItsForwardComesBack()
    {
        using SlipwayEngine engine = new(
            site, $"--link=seqpacket:{path}", $"--publish=127.0.0.1:{PublishedPort}:7000");
        for (int boot = 0; boot < 2; boot++)
        {
            using UmlGuest guest = new(site.Host, path);
            output.WriteLine(guest.Greeting);
            Assert.Contains(
                $"lease of {Addresses.FirstGuest} obtained",
                guest.Run(Limit, "cat", "/tmp/dhcp").OrFail().Output, StringComparison.Ordinal);
            guest.Run(Limit, "ping", "-n", "-c2", "-i0.2", "-W3", Site.Beyond).OrFail();
            foreach (string direction in (string[])["down", "up"])
            {
                JsonObject result = guest.Does(
                    Limit, direction, Addresses.HostAlias, $"{Site.Port}", $"{TransferBytes}");
                Assert.Equal((string?)result["sent"], (string?)result["got"]);
            }

            guest.Start("sleep 300 | python3 /tools/serve.py 0.0.0.0 7000");
            Eventually.Holds(Limit, "the guest's server answers through the forward", () =>
                site.Host.Run("curl", "-sS", "-m5", $"http://127.0.0.1:{PublishedPort}/").Output
                    .Contains("hello", StringComparison.Ordinal));
        }
    }
}
