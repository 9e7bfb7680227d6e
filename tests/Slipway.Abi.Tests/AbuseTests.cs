namespace Slipway.Abi.Tests;

/// <summary>What no program should do, and no guest: a status, and the process lives.</summary>
public sealed class AbuseTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Calls_ThatCannotBe_GetTheStatusThatTheHeaderSays(bool isStatic)
    {
        string program = AbiLibrary.Build(
            "tests/Slipway.Abi.Tests/native/abuse.c", "gcc", isStatic);
        Assert.Contains("0 wrong", AbiLibrary.Run(program), StringComparison.Ordinal);
    }

    /// <summary>tests/nightly.sh does it for a minute.</summary>
    [Fact]
    public void Rings_OfAGuestThatWritesAnything_StopThatGuestAndNoOther()
    {
        string seconds = Environment.GetEnvironmentVariable("SLIPWAY_FUZZ_SECONDS") ?? "5";
        string program = AbiLibrary.Build("tests/Slipway.Abi.Tests/native/ring-fuzz.c");
        string output = AbiLibrary.Run(program, seconds);
        Assert.Contains("afterwards a guest is served", output, StringComparison.Ordinal);
    }
}
