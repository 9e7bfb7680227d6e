using System.Globalization;
using System.Net.Sockets;
using Slipway.Load.Engines;
using Slipway.Load.Site;

namespace Slipway.Load.Measurements;

/// <summary>
/// All tests on all engines. A repetition goes round all engines before the next begins, so that
/// what changes on the machine meanwhile meets them all.
/// </summary>
internal sealed class Campaign(
    IReadOnlyList<LoadEngine> engines, IReadOnlyList<LoadTest> tests, IReadOnlyList<int> mtus,
    int repetitions, double seconds)
{
    // What cannot be had at the first repetition is not tried again.
    private readonly HashSet<(string Engine, int Mtu, string Test)> _failed = [];

    public IEnumerable<Measurement> Run()
    {
        for (int repetition = 0; repetition < repetitions; repetition++)
        {
            foreach (int mtu in mtus)
            {
                foreach (LoadEngine engine in engines)
                {
                    LoadTest[] due = [.. tests.Where(test => IsDue(engine, mtu, test, repetition))];

                    // Memory is that of an engine which has done nothing else yet.
                    LoadTest[] memory = [.. due.Where(test => test.Metric == Metric.Memory)];
                    foreach (Measurement measurement in Visit(engine, mtu, memory)
                        .Concat(Visit(engine, mtu, [.. due.Except(memory)])))
                    {
                        yield return measurement;
                    }
                }
            }
        }
    }

    private bool IsDue(LoadEngine engine, int mtu, LoadTest test, int repetition) =>
        !(test.IsOnce && repetition > 0) && (engine.SpeaksVhostUser || !test.IsVhostUser)
        && !_failed.Contains((engine.Name, mtu, test.Name));

    private IEnumerable<Measurement> Visit(LoadEngine engine, int mtu, LoadTest[] due)
    {
        if (due.Length == 0)
        {
            yield break;
        }

        LoadSite? site = null;
        string failure = "";
        try
        {
            site = new LoadSite(engine, mtu);
        }
        catch (Exception e) when (e is LoadException or SocketException or IOException)
        {
            failure = e.Message;
        }

        using (site)
        {
            foreach (LoadTest test in due)
            {
                Measurement measurement = site is null
                    ? new(engine.Name, mtu, test.Name, [], failure)
                    : Measure(site, engine, test);
                if (measurement.Error is not null)
                {
                    _failed.Add((engine.Name, mtu, test.Name));
                }

                yield return measurement;
            }
        }
    }

    private Measurement Measure(LoadSite site, LoadEngine engine, LoadTest test)
    {
        try
        {
            double before = CpuSeconds(site);
            Dictionary<string, double> values = test.Run(
                site, seconds.ToString(CultureInfo.InvariantCulture));
            double used = CpuSeconds(site) - before;
            values["seconds"] = seconds;
            if (site.Engine is not null && values.TryGetValue("bytes", out double bytes)
                && bytes > 0)
            {
                values["cpuPerGib"] = used / (bytes / (1L << 30));
            }

            return new Measurement(engine.Name, site.MtuBytes, test.Name, values);
        }
        catch (LoadException e)
        {
            return new Measurement(engine.Name, site.MtuBytes, test.Name, [], e.Message);
        }
    }

    private static double CpuSeconds(LoadSite site) =>
        site.Engine is null ? 0 : ProcessTree.CpuSeconds(site.Engine.Id);
}
