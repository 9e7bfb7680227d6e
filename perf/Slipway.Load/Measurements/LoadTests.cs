using Slipway.Linux;
using Slipway.Load.Site;

namespace Slipway.Load.Measurements;

/// <summary>All tests, in the order in which they run and are told.</summary>
internal static class LoadTests
{
    private const string DatagramBytes = "1400";
    private const int OtherDescriptors = 200; // of the runtime, the link, the published ports

    public static IReadOnlyList<LoadTest> All { get; } = [.. Create()];

    private static IEnumerable<LoadTest> Create()
    {
        yield return new("idle", "Memory, idle", Metric.Memory, true, true, (site, _) =>
        {
            Thread.Sleep(500);
            return Memory(site);
        });
        foreach (int streams in (int[])[1, 4, 64])
        {
            string title = streams == 1 ? "1 stream" : $"{streams} streams";
            yield return new($"up{streams}", $"TCP guest to host, {title}", Metric.Throughput,
                streams == 1, false,
                (site, seconds) => Whole(streams, site.FromGuest("up", seconds, $"{streams}")));
            yield return new($"down{streams}", $"TCP host to guest, {title}", Metric.Throughput,
                streams == 1, false,
                (site, seconds) => Whole(streams, site.FromGuest("down", seconds, $"{streams}")));
        }

        yield return new("fwd1", "TCP to a published port, 1 stream", Metric.Throughput,
            true, false, (site, seconds) => Whole(1, site.FromHost("up", seconds, "1")));
        foreach (string direction in (string[])["up", "down"])
        {
            string way = direction == "up" ? "guest to host" : "host to guest";
            yield return new($"vhost-{direction}", $"TCP {way} over vhost-user, 1 stream",
                Metric.Throughput, true, false,
                (site, seconds) => Whole(1, site.BesideLoopback(direction, seconds)))
            {
                IsVhostUser = true,
            };
        }

        yield return new("rr", "TCP request and response, all on one CPU", Metric.Latency,
            true, false, (site, seconds) => site.OnOneCpu(() => site.FromGuest("rr", seconds)));
        foreach (int inFlight in (int[])[1, 16])
        {
            yield return new($"crr{inFlight}", $"Connect, request, close: {inFlight} in flight",
                Metric.Rate, inFlight == 16, false,
                (site, seconds) => site.FromGuest("crr", seconds, $"{inFlight}"));
        }

        yield return new("fwdcrr", "Connect, request, close to a published port: 1 in flight",
            Metric.Rate, false, false,
            (site, seconds) => site.FromHost("crr", seconds, "1"));
        foreach (LoadTest test in Datagrams())
        {
            yield return test;
        }

        foreach (int count in (int[])[1_000, 9_000, 10_000, 18_000, 100_000])
        {
            yield return new($"hold{count}", $"Memory, {count:N0} open connections",
                Metric.Memory, count == 1_000, true, (site, _) => Hold(site, count));
        }
    }

    private static IEnumerable<LoadTest> Datagrams()
    {
        foreach (int rate in (int[])[200, 1000, 0])
        {
            string suffix = rate == 0 ? "" : $"{rate}";
            string title = rate == 0 ? "flooded" : $"paced at {rate} Mbit/s";
            foreach (string direction in (string[])["udpup", "udpdown"])
            {
                string way = direction == "udpup" ? "guest to host" : "host to guest";
                yield return new($"{direction}{suffix}",
                    $"UDP {DatagramBytes} B {way}, {title}", Metric.Datagrams, rate == 200, false,
                    (site, seconds) =>
                        site.FromGuest(direction, seconds, $"{rate}", DatagramBytes));
            }
        }
    }

    // A stream that broke or stalled is no small throughput but a fault.
    private static Dictionary<string, double> Whole(
        int streams, Dictionary<string, double> report) => report["finished"] == streams ? report
        : throw new LoadException($"{report["finished"]} of {streams} streams finished");

    private static Dictionary<string, double> Memory(LoadSite site) =>
        site.Engine is null ? [] : new() { ["mib"] = ProcessTree.ResidentMib(site.Engine.Id) };

    private static Dictionary<string, double> Hold(LoadSite site, int count)
    {
        // Client, engine and server have one descriptor a connection each; peers with two fail.
        (_, ulong hard) = CurrentProcess.DescriptorLimit;
        if ((ulong)count + OtherDescriptors > hard)
        {
            throw new LoadException($"takes {count} descriptors, the limit is {hard} (ulimit -Hn)");
        }

        double idle = site.Engine is null ? 0 : ProcessTree.ResidentMib(site.Engine.Id);
        (RunningProgram client, Dictionary<string, double> report) = site.Hold(count);
        using (client)
        {
            Thread.Sleep(500);
            foreach ((string name, double value) in Memory(site))
            {
                report[name] = value;
                report["kibEach"] = (value - idle) * 1024 / count;
            }

            if (site.Engine is not null)
            {
                report["descriptors"] = ProcessTree.Descriptors(site.Engine.Id);
            }
        }

        return report["open"] == count ? report
            : throw new LoadException($"{report["open"]:F0} of {count} connections opened");
    }
}
