namespace Slipway.SystemTests.Harness;

/// <summary>How a program ended, what it said, and how long it took.</summary>
public sealed record ProgramResult(
    string CommandLine, int ExitStatus, string Output, string Errors, TimeSpan Took)
{
    /// <summary>Fails the test with all that the program said unless it ended with 0.</summary>
    public ProgramResult OrFail()
    {
        if (ExitStatus != 0)
        {
            Assert.Fail($"{this}");
        }

        return this;
    }

    public override string ToString() =>
        $"`{CommandLine}` ended with {ExitStatus} after {Took.TotalMilliseconds:F0} ms" +
        $"\n{Output}{Errors}";
}
