using System.Globalization;

namespace Slipway.Simulation;

/// <summary>Many small worlds, each made of its seed alone.</summary>
public sealed class SeededTests
{
    private const int SeedsInCi = 100;
    private const int MostFailures = 10;

    [Fact]
    public void Stack_InWorldsOfManySeeds_KeepsItsPromises() =>
        RunAll(seed => new Scenario(seed).Run());

    [Fact]
    public void Stack_OnBadDaysOfManySeeds_KeepsItsPromises() =>
        RunAll(seed => new HarshScenario(seed).Run());

    [Fact]
    public void Services_InWorldsOfManySeeds_KeepTheirPromises() =>
        RunAll(seed =>
        {
            using ServiceScenario scenario = new(seed);
            scenario.Run();
        });

    private static void RunAll(Action<int> run)
    {
        if (Read("SLIPWAY_SEED") is int one)
        {
            Run(one, run);
            return;
        }

        int count = Read("SLIPWAY_SEEDS") ?? SeedsInCi;
        int first = Read("SLIPWAY_FIRST_SEED") ?? 1;
        List<Exception> failures = [];
        for (int seed = first; seed < first + count && failures.Count < MostFailures; seed++)
        {
            try
            {
                Run(seed, run);
            }
            catch (InvalidOperationException failure)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private static void Run(int seed, Action<int> run)
    {
        try
        {
            run(seed);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException(
                $"seed {seed} fails; SLIPWAY_SEED={seed} runs it again: {failure.Message}",
                    failure);
        }
    }

    private static int? Read(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture,
            out int value)
            ? value : null;
}
