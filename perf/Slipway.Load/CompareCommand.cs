using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Slipway.Load.Engines;
using Slipway.Load.Measurements;
using Slipway.Load.Report;
using Slipway.Load.Site;

namespace Slipway.Load;

/// <summary>The command without a name: measures and writes the report.</summary>
internal sealed class CompareCommand
{
    private readonly Option<bool> _quick = new("--quick")
    {
        Description = "The main tests once, at MTU 1500, one second each",
    };

    private readonly Option<string> _engines = new("--engines")
    {
        Description = "slipway,slipway6,pasta,slirp4netns,tapcopy,tapcopy-tso,veth",
        DefaultValueFactory = _ => "slipway,pasta,slirp4netns,tapcopy-tso,veth",
    };

    private readonly Option<string?> _tests = new("--tests")
    {
        Description = string.Join(',', LoadTests.All.Select(test => test.Name)),
    };

    private readonly Option<string?> _mtus = new("--mtu") { Description = "1500,65520" };

    private readonly Option<int?> _repetitions = new("--reps")
    {
        Description = "Repetitions of each test (3); 0 with --continue writes the report anew",
    };

    private readonly Option<double?> _seconds = new("--seconds")
    {
        Description = "Length of one measurement (2)",
    };

    private readonly Option<string?> _slipway = new("--slipway")
    {
        Description = "The binary; without it, the source is published to out/",
    };

    private readonly Option<string?> _output = new("--output")
    {
        Description = "Where to write, without an ending (perf/results/load, or quick)",
    };

    private readonly Option<bool> _continue = new("--continue")
    {
        Description = "Keep what an earlier run wrote there, and add to it",
    };

    public static RootCommand Create()
    {
        CompareCommand command = new();
        RootCommand root = new("Measure Slipway and its peers side by side; as root.")
        {
            command._quick, command._engines, command._tests, command._mtus, command._repetitions,
            command._seconds, command._slipway, command._output, command._continue,
        };
        root.SetAction(command.Run);
        return root;
    }

    private int Run(ParseResult result)
    {
        bool quick = result.GetValue(_quick);
        string output = result.GetValue(_output) ?? Path.Combine(
            LoadProgram.RepositoryRoot, "perf", "results", quick ? "quick" : "load");
        LoadTest[] tests = Select(result.GetValue(_tests), quick);
        int[] mtus = [.. (result.GetValue(_mtus) ?? (quick ? "1500" : "1500,65520")).Split(',')
            .Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        LoadEngine[] engines = [.. result.GetValue(_engines)!.Split(',')
            .Select(name => Make(name, result.GetValue(_slipway)))];
        List<string> facts = [.. Machine.Describe()];
        engines = [.. engines.Where(engine => IsThere(engine, facts))];
        int repetitions = result.GetValue(_repetitions) ?? (quick ? 1 : 3);
        double seconds = result.GetValue(_seconds) ?? (quick ? 1 : 2);
        if (!Environment.IsPrivilegedProcess)
        {
            throw new LoadException("network namespaces and pinning take root; run it with sudo");
        }

        NetworkNamespace.RemoveStale();
        bool stopped = false;
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopped = true;
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, Stop);

        string rows = $"{output}.jsonl";
        List<Measurement> all = result.GetValue(_continue) ? [.. Measurement.Read(rows)] : [];
        foreach (Measurement one in
            new Campaign(engines, tests, mtus, repetitions, seconds).Run())
        {
            if (stopped)
            {
                break; // what was made for this measurement is removed, what was measured stays
            }

            all.Add(one);
            Metric metric = tests.First(test => test.Name == one.Test).Metric;
            Console.Error.WriteLine(
                $"{one.Engine} {one.Mtu} {one.Test}: {one.Error ?? $"{new Cell(metric, [one])}"}");
        }

        ReportTable table = new(all);
        string text = table.Write(facts);
        File.WriteAllLines(rows, all.Select(one => one.ToJson()));
        File.WriteAllText($"{output}.md", text);
        File.WriteAllText($"{output}.svg", new BarPlot(table).Write());
        Console.WriteLine(text);
        return all.Any(one => one.Error is null) ? 0 : 1;
    }

    private static LoadTest[] Select(string? names, bool quick)
    {
        if (names is null)
        {
            return [.. LoadTests.All.Where(test => test.IsQuick || !quick)];
        }

        return [.. names.Split(',').Select(name =>
            LoadTests.All.FirstOrDefault(test => test.Name == name)
                ?? throw new LoadException($"--tests: there is no test {name}; see --help"))];
    }

    private static LoadEngine Make(string name, string? slipway) => name switch
    {
        "slipway" => new SlipwayEngine(slipway),
        "slipway6" => new SlipwayEngine(slipway, isIPv6: true),
        "pasta" => new PastaEngine(),
        "slirp4netns" => new Slirp4netnsEngine(),
        "tapcopy" => new TapCopyEngine(offloads: false),
        "tapcopy-tso" => new TapCopyEngine(offloads: true),
        "veth" => new VethEngine(),
        _ => throw new LoadException($"--engines: there is no engine {name}; see --help"),
    };

    private static bool IsThere(LoadEngine engine, List<string> facts)
    {
        try
        {
            facts.Add($"{engine.Name}: {engine.Version}");
            return true;
        }
        catch (LoadException e)
        {
            facts.Add($"{engine.Name}: {e.Message}");
            Console.Error.WriteLine($"without {engine.Name}: {e.Message}");
            return false;
        }
    }
}
