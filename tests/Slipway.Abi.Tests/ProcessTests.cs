using System.Globalization;
using Xunit.Abstractions;

namespace Slipway.Abi.Tests;

/// <summary>What the library does to the process that loads it.</summary>
public sealed class ProcessTests(ITestOutputHelper output)
{
    private const long MostMemoryKib = 8 * 1024;
    private const long MostFurtherKib = 1024;

    [Fact]
    public void Process_ThatLoadsTheLibrary_KeepsItsHandlersAndItsMemory()
    {
        string program = AbiLibrary.Build("tests/Slipway.Abi.Tests/native/process.c");
        Dictionary<string, string> figures = AbiLibrary.Run(program, AbiLibrary.Shared)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        foreach ((string name, string value) in figures)
        {
            output.WriteLine($"{name} {value}");
        }

        Assert.Equal("kept", figures["segv_handler"]);
        Assert.Equal("kept", figures["pipe_handler"]);
        Assert.Equal("works", figures["later_segv_handler"]);
        Assert.Equal("works", figures["fork_exec"]);
        Assert.Equal("1", figures["after_dlclose"]);
        Assert.InRange(Number(figures["memory_kib"]), 1, MostMemoryKib);
        Assert.InRange(Number(figures["further_engine_kib"]), 0, MostFurtherKib);
    }

    /// <summary>Under a filter of just the calls that the library says it makes.</summary>
    [Fact]
    public void SystemCalls_ThatTheLibraryNames_AreAllThatItMakes()
    {
        string names = AbiLibrary.Run(
            AbiLibrary.Build("tests/Slipway.Abi.Tests/native/syscalls.c"));
        string folder = Directory.CreateTempSubdirectory("slipway-abi-").FullName;
        File.WriteAllLines(
            Path.Combine(folder, "allowed.h"),
            names.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(name => $"ALLOW({name.Trim()})"));
        string program = AbiLibrary.Build(
            "tests/Slipway.Abi.Tests/native/filtered.c", "gcc", isStatic: false, $"-I{folder}");
        string said = AbiLibrary.Run(program);
        Assert.Contains("served under the filter", said, StringComparison.Ordinal);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
