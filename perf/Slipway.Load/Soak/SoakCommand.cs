using System.CommandLine;
using System.Globalization;
using Slipway.Load.Engines;
using Slipway.Load.Site;

namespace Slipway.Load.Soak;

/// <summary>
/// `soak`: loads an engine with everything at once, and tells what it allocated and collected.
/// </summary>
/// <remarks>
/// The same load runs for a few seconds before, so that tables and pools have their size. A report
/// allocates by itself; two in a row tell how much, and that is taken off. A connection that opens
/// takes some 500 bytes (its flow, timer and socket), so there are loads with and without such.
/// </remarks>
internal static class SoakCommand
{
    private const string WarmUpSeconds = "4";
    private const int MtuBytes = 1500;

    private static readonly string[][] s_load =
    [
        ["up", "2"], ["down", "2"], ["rr"], ["udpup", "100", "1200"], ["udpdown", "100", "1200"],
    ];

    private static readonly string[] s_connects = ["crr", "4"];

    public static Command Create()
    {
        Option<int> seconds = new("--seconds")
        {
            Description = "How long the load lasts",
            DefaultValueFactory = _ => 60,
        };
        Option<string?> slipway = new("--slipway")
        {
            Description = "The binary; without it, the source is published to out/",
        };
        Option<bool> connects = new("--connects")
        {
            Description = "Also connections that open, ask once and close",
        };
        Command command = new("soak", "Show what a loaded engine allocates; as root.")
        {
            seconds, slipway, connects,
        };
        command.SetAction(result => Run(
            result.GetValue(seconds), result.GetValue(slipway),
            result.GetValue(connects) ? [.. s_load, s_connects] : s_load));
        return command;
    }

    private static int Run(int seconds, string? binary, string[][] load)
    {
        SlipwayEngine engine = new(binary);
        Console.WriteLine(engine.Version);
        using LoadSite site = new(engine, MtuBytes);
        RunningProgram process = site.Engine!;
        Run(site, load, WarmUpSeconds, null);
        _ = HeapReading.Of(process); // the first one makes what reports need
        HeapReading first = HeapReading.Of(process);
        HeapReading before = HeapReading.Of(process);
        long ofReport = before.AllocatedBytes - first.AllocatedBytes;
        Run(site, load, seconds.ToString(CultureInfo.InvariantCulture), Console.Out);
        HeapReading after = HeapReading.Of(process);
        int collections = after.Collections - before.Collections;
        long allocated = after.AllocatedBytes - before.AllocatedBytes - ofReport;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{seconds} s: collections {collections}, allocated {allocated} bytes, "
            + $"TCP connections {after.TcpFlows - before.TcpFlows}"));
        return collections == 0 ? 0 : 1;
    }

    // All at once; each prints its rate.
    private static void Run(
        LoadSite site, string[][] load, string seconds, TextWriter? output)
    {
        Task<Dictionary<string, double>>[] running = [.. load.Select(words =>
            Task.Run(() => Start(site, [words[0], seconds, .. words[1..]])))];
        foreach ((string[] words, Task<Dictionary<string, double>> one) in load.Zip(running))
        {
            Dictionary<string, double> report = one.GetAwaiter().GetResult();
            output?.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{string.Join(' ', words),-18} {Rate(report)}"));
        }
    }

    // A server counts the datagrams of one run only, so the other way has the guest's server.
    private static Dictionary<string, double> Start(LoadSite site, string[] words) =>
        words[0] == "udpdown" ? site.FromHost(words) : site.FromGuest(words);

    private static string Rate(Dictionary<string, double> report) =>
        report.TryGetValue("bps", out double bits)
            ? string.Create(CultureInfo.InvariantCulture, $"{bits / 1e9:F2} Gbit/s")
            : string.Create(CultureInfo.InvariantCulture, $"{report["rate"]:N0} per s");
}
