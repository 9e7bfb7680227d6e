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
            List(), Run(), Replay(), Afl(), Instrument(), Cover(), Seed(),
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
        Option<string[]> corpus = Corpora();
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
                    target, FoldersOf(target, parsed.GetRequiredValue(corpus)),
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

    private static Command Cover()
    {
        Argument<string[]> folders = new("corpora") { Arity = ArgumentArity.OneOrMore };
        Option<string[]> names = new("--target") { DefaultValueFactory = _ => [] };
        Command cover = new("cover", "Say which branches of their parsers targets reach.")
        {
            folders, names,
        };
        cover.SetAction(parsed =>
        {
            CoverageReport report = new(
                new BranchCount(Directory.GetFiles(AppContext.BaseDirectory, "Slipway.*.dll")),
                parsed.GetRequiredValue(folders));
            foreach (FuzzTarget target in AllTargets.Named(parsed.GetRequiredValue(names)))
            {
                report.Add(target);
            }

            Console.WriteLine(report);
        });
        return cover;
    }

    private static Command Seed()
    {
        Argument<string> captures = new("captures");
        Option<string[]> corpus = Corpora();
        Option<string> findings = new("--findings") { DefaultValueFactory = _ => "findings" };
        Option<string> save = new("--save") { Required = true };
        Command seed = new("seed", "Make inputs of the captures of a folder.")
        {
            captures, corpus, findings, save,
        };
        seed.SetAction(parsed =>
        {
            SeedSorter sorter = new();
            foreach (string path in Directory.GetFiles(parsed.GetRequiredValue(captures))
                .Order(StringComparer.Ordinal))
            {
                sorter.Add([.. CaptureFile.Read(File.ReadAllBytes(path))]);
            }

            int status = 0;
            foreach (FuzzTarget target in AllTargets.Items)
            {
                IReadOnlyList<byte[]> offered = sorter.Of(target.Name);
                FuzzRun run = new(
                    target, FoldersOf(target, parsed.GetRequiredValue(corpus)),
                    parsed.GetRequiredValue(findings), seed: 1);
                IReadOnlyList<byte[]>? kept = offered.Count == 0 ? [] : run.Learn(offered);
                status |= kept is null ? FoundSomething : 0;
                if (kept is { Count: > 0 })
                {
                    FuzzRun.Save(
                        Path.Combine(parsed.GetRequiredValue(save), target.Name), kept);
                    Console.WriteLine(
                        $"{target.Name}: {kept.Count} of {offered.Count} inputs are worth keeping");
                }
            }

            return status;
        });
        return seed;
    }

    private static Option<string[]> Corpora() =>
        new("--corpus") { DefaultValueFactory = _ => ["corpus"] };

    private static string[] FoldersOf(FuzzTarget target, string[] corpora) =>
        [.. corpora.Select(folder => Path.Combine(folder, target.Name))];
}
