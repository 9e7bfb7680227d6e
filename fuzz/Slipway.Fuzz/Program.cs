using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Slipway.Fuzz.Targets;

namespace Slipway.Fuzz;

/// <summary>Fuzzes one target, or all of them in turn; fuzz/run.sh calls it.</summary>
internal static class Program
{
    private const int FoundSomething = 1;

    public static int Main(string[] arguments)
    {
        CoverageMap.Install();
        RootCommand root = new("Fuzzes what reads a guest's, a server's or a user's bytes.")
        {
            List(), Run(), Replay(), Afl(), Instrument(),
        };
        return root.Parse(arguments).Invoke();
    }

    private static Command List()
    {
        Command list = new("list", "Name the targets.");
        list.SetAction(_ =>
        {
            foreach (FuzzTarget target in AllTargets.Items)
            {
                Console.WriteLine(target.Name);
            }
        });
        return list;
    }

    private static Command Run()
    {
        Argument<string[]> names = new("targets") { Arity = ArgumentArity.ZeroOrMore };
        Option<double> seconds = new("--seconds") { DefaultValueFactory = _ => 10 };
        Option<long> most = new("--executions") { DefaultValueFactory = _ => long.MaxValue };
        Option<string> corpus = new("--corpus") { DefaultValueFactory = _ => "corpus" };
        Option<string> findings = new("--findings") { DefaultValueFactory = _ => "findings" };
        Option<string?> save = new("--save");
        Option<int> seed = new("--seed") { DefaultValueFactory = _ => 1 };
        Command run = new("run", "Fuzz targets, one after the other; all when none is named.")
        {
            names, seconds, most, corpus, findings, save, seed,
        };
        run.SetAction(parsed =>
        {
            string[] wanted = parsed.GetRequiredValue(names);
            int status = 0;
            foreach (FuzzTarget target in AllTargets.Named(wanted))
            {
                FuzzRun fuzz = new(
                    target, Path.Combine(parsed.GetRequiredValue(corpus), target.Name),
                    parsed.GetRequiredValue(findings), parsed.GetRequiredValue(seed));
                Stopwatch clock = Stopwatch.StartNew();
                bool isClean = fuzz.Run(
                    TimeSpan.FromSeconds(parsed.GetRequiredValue(seconds)),
                    parsed.GetRequiredValue(most));
                double took = clock.Elapsed.TotalSeconds;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(isClean ? "ok  " : "FAIL")} {target.Name,-18} {fuzz.Executions,12:N0} "
                        + $"executions {fuzz.Executions / took,10:N0}/s {fuzz.Edges,6:N0} edges "
                        + $"{fuzz.Inputs,5:N0} inputs"));
                status |= isClean ? 0 : FoundSomething;
                if (parsed.GetValue(save) is string folder)
                {
                    fuzz.Save(Path.Combine(folder, target.Name));
                }
            }

            return status;
        });
        return run;
    }

    private static Command Replay()
    {
        Argument<string> name = new("target");
        Argument<string[]> paths = new("inputs") { Arity = ArgumentArity.OneOrMore };
        Command replay = new("replay", "Execute a target with the inputs of files.")
        {
            name, paths,
        };
        replay.SetAction(parsed =>
        {
            FuzzTarget target = AllTargets.Named([parsed.GetRequiredValue(name)])[0];
            foreach (string path in parsed.GetRequiredValue(paths))
            {
                target.Body(File.ReadAllBytes(path));
                Console.WriteLine($"ok   {path}");
            }
        });
        return replay;
    }

    private static Command Afl()
    {
        Argument<string> name = new("target");
        Command afl = new("afl", "Be what afl-fuzz runs; the input is on standard input.")
        {
            name,
        };
        afl.SetAction(parsed =>
        {
            FuzzTarget target = AllTargets.Named([parsed.GetRequiredValue(name)])[0];
            SharpFuzz.Fuzzer.Run(stream =>
            {
                using MemoryStream input = new();
                stream.CopyTo(input);
                ReadOnlySpan<byte> bytes = input.GetBuffer().AsSpan(0, (int)input.Length);
                target.Body(bytes[..Math.Min(bytes.Length, target.MaximumBytes)]);
            });
        });
        return afl;
    }

    private static Command Instrument()
    {
        Argument<string[]> paths = new("assemblies") { Arity = ArgumentArity.OneOrMore };
        Command instrument = new("instrument", "Rewrite assemblies so that they tell branches.")
        {
            paths,
        };
        instrument.SetAction(parsed =>
        {
            foreach (string path in parsed.GetRequiredValue(paths))
            {
                int types = SharpFuzz.Fuzzer.Instrument(
                    path, _ => true, SharpFuzz.Options.Value).Count();
                Console.WriteLine($"{path}: {types} types");
            }
        });
        return instrument;
    }
}
