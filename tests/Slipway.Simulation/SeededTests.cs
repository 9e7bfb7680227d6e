using System.Globalization;

namespace Slipway.Simulation;

/// <summary>Many small worlds, each made of its seed alone.</summary>
public sealed class SeededTests
{
    private const int SeedsInCi = 100;

    [Fact]
    public void Stack_InWorldsOfManySeeds_KeepsItsPromises()
    {
        if (Read("SLIPWAY_SEED") is int one)
        {
            Run(one);
            return;
        }

        int count = Read("SLIPWAY_SEEDS") ?? SeedsInCi;
        for (int seed = 1; seed <= count; seed++)
        {
            Run(seed);
        }
    }

    private static void Run(int seed)
    {
        try
        {
            new Scenario(seed).Run();
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
