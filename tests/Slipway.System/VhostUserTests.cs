using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>A real guest kernel whose virtqueues the engine serves itself.</summary>
[Collection(SiteCollection.Name)]
public sealed class VhostUserTests(Site site, ITestOutputHelper output)
{
    private const int TransferBytes = 16 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [SlipwayTheory]
    [InlineData("")]
    [InlineData(",mq=on", 2)]
    [InlineData(",mrg_rxbuf=off")]
    [InlineData(",event_idx=off,indirect_desc=off,guest_tso4=off,guest_tso6=off,rx_queue_size=512")]
    public void Guest_OfSharedMemory_HasALeasePingsAndTransfersBothWays(
        string device, int queues = 1)
    {
        string path = SocketPath();
        using SlipwayEngine engine = new(site, $"--link=vhost-user:{path}", "--mtu=1500");
        using QemuGuest guest = QemuGuest.OverVhostUser(site.Host, path, device, queues);
        output.WriteLine(guest.Greeting);
        string log = guest.Run(Limit, "cat", "/tmp/dhcp").OrFail().Output;
        Assert.Contains($"lease of {Addresses.FirstGuest} obtained from {Addresses.Gateway}", log,
            StringComparison.Ordinal);
        foreach (string address in (string[])[Addresses.Gateway, Addresses.HostAlias, Site.Beyond])
        {
            guest.Run(Limit, "ping", "-n", "-c3", "-i0.2", "-W3", address).OrFail();
        }

        Transfer(guest, "up");
        Transfer(guest, "down");
        JsonObject datagrams = guest.Does(Limit, "datagram-echo", Addresses.HostAlias,
            $"{Site.Port}", "0", "1", "1472", "1473", "9000", "65507");
        Assert.Equal("[]", datagrams["lost"]!.ToJsonString());
        output.WriteLine(engine.Report());
        Assert.DoesNotContain("broke the rules", engine.Log, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Engine_StartedAgain_ServesTheGuestThatRuns()
    {
        string path = SocketPath();
        SlipwayEngine engine = new(site, $"--link=vhost-user:{path}", "--mtu=1500");
        try
        {
            using QemuGuest guest = QemuGuest.OverVhostUser(site.Host, path);
            Transfer(guest, "up");
            engine.Stop();
            engine.Dispose();
            engine = new SlipwayEngine(site, $"--link=vhost-user:{path}", "--mtu=1500");
            guest.Run(Limit, "ping", "-n", "-c1", "-w20", Addresses.Gateway).OrFail();
            Transfer(guest, "up");
            Transfer(guest, "down");
        }
        finally
        {
            engine.Dispose();
        }
    }

    private void Transfer(QemuGuest guest, string direction)
    {
        JsonObject result = guest.Does(
            Limit, direction, Addresses.HostAlias, $"{Site.Port}", $"{TransferBytes}");
        output.WriteLine($"{direction}: {result["ms"]} ms");
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
    }

    private static string SocketPath() => Path.Combine(
        Path.GetTempPath(), $"slipway-vhost-{Guid.NewGuid():N}.sock");
}
