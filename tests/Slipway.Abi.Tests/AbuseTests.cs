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

    /// <summary>With the engine dispatched, and with a thread of its own.</summary>
    [Fact]
    public void Callbacks_ThatCallBack_AreServedOrRefused() =>
        AbiLibrary.Run(AbiLibrary.Build("tests/Slipway.Abi.Tests/native/callbacks.c"));

    /// <summary>Engines, and each kind of port, hundreds of times.</summary>
    [Fact]
    public void EnginesAndPorts_ThatComeAndGo_LeaveNothing() =>
        AbiLibrary.Run(AbiLibrary.Build("tests/Slipway.Abi.Tests/native/cycles.c"));

    /// <summary>Of flows, engines that could not be made, callbacks that misbehave.</summary>
    [Fact]
    public void Ends_OfAnyKind_LeaveNothing() =>
        AbiLibrary.Run(AbiLibrary.Build("tests/Slipway.Abi.Tests/native/ends.c"));

    /// <summary>Whose they are, and what happens when there are no more.</summary>
    [Fact]
    public void Descriptors_GivenAndTaken_AreWhoseTheHeaderSays() =>
        AbiLibrary.Run(AbiLibrary.Build("tests/Slipway.Abi.Tests/native/descriptors.c"));

    [Fact]
    public void Destroy_WhileTheLogIsCalled_WaitsForIt() =>
        AbiLibrary.Run(AbiLibrary.Build("tests/Slipway.Abi.Tests/native/late-log.c"));

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
