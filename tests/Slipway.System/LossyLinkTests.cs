using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>A wire between guest and engine that loses, repeats and reorders 1 % each.</summary>
public sealed class LossyLinkTests(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    private const int TransferBytes = 16 << 20;
    private const int FaultsPerMille = 10;
    private const int Seed = 20261124;
    private const string HostEnd = "gateway0";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string path =
        Path.Combine(Path.GetTempPath(), $"slipway-lossy-{Environment.ProcessId}.sock");

    [SystemTheory]
    [InlineData("up", 1500)]
    [InlineData("down", 1500)]
    [InlineData("up", WideMtuBytes)]
    [InlineData("down", WideMtuBytes)]
    public void Transfer_OverALossyWire_IsWholeWithinSeconds(string direction, int mtuBytes)
    {
        Guest guest = Own(new Guest());
        RunningProgram wire = StartWire(guest, mtuBytes);
        JsonObject result = guest.Does(Limit, direction,
            Addresses.HostAlias, $"{Site.Port}", $"{TransferBytes}");
        wire.Signal("TERM");
        Note($"{direction} at MTU {mtuBytes}: {result["ms"]} ms, seed {Seed}; " +
            wire.Finish(Limit).Output);
        Assert.Equal((string?)result["sent"], (string?)result["got"]);
        Assert.InRange((double)result["ms"]!, 0, 10_000);
    }

    private RunningProgram StartWire(Guest guest, int mtuBytes)
    {
        string far;
        if (Site.EngineIsKernel)
        {
            far = $"tap:{Site.Host.Path}:{HostEnd}";
        }
        else
        {
            far = $"stream:{path}";
            StartEngine($"--link=stream:{path}", $"--mtu={mtuBytes}");
        }

        RunningProgram wire = Own(guest.Namespace.Start("python3", Repository.Tool("lossy.py"),
            Guest.Interface, far, $"{Seed}", $"{FaultsPerMille}"));
        wire.ReadUntil("ready", TimeSpan.FromSeconds(10));
        if (Site.EngineIsKernel)
        {
            Site.Host.Configure(
                $"link set {HostEnd} mtu {mtuBytes} up",
                $"addr add {Addresses.Gateway}/24 dev {HostEnd}");
        }

        guest.Namespace.Configure(
            $"addr add {Addresses.FirstGuest}/24 dev {Guest.Interface}",
            $"link set {Guest.Interface} mtu {mtuBytes} up",
            $"route add default via {Addresses.Gateway}");
        return wire;
    }
}
