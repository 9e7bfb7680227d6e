using Slipway.Tidy.Rules;

namespace Slipway.Tidy;

public class ReadmeTests
{
    [Fact]
    public void Repository_Rooms_HaveAReadmeOfOneScreen() =>
        TidyAssert.Keeps(Readmes.Check(SourceTree.Repository));

    [Fact]
    public void Check_RoomWithoutReadme_Fails() =>
        TidyAssert.Breaks(
            Readmes.Check(SourceTree.Sample(("engine/A/A.csproj", ""))),
            "engine/A/README.md: is missing");

    [Fact]
    public void Check_ReadmeOverAScreen_Fails() =>
        TidyAssert.Breaks(
            Readmes.Check(SourceTree.Sample(
                ("engine/A/A.csproj", ""),
                ("engine/A/README.md", string.Concat(Enumerable.Repeat("line\n", 61))))),
            "61 lines are more than a screen's 60");

    [Fact]
    public void Repository_FilesNamedInReadmes_Exist() =>
        TidyAssert.Keeps(Readmes.NamedFiles(SourceTree.Repository));

    [Theory]
    [InlineData("`Gone.cs` does it")]
    [InlineData("see engine/A/Gone.cs")]
    [InlineData("run ./gone.sh")]
    public void NamedFiles_FileThatDoesNotExist_Fails(string text) =>
        TidyAssert.Breaks(
            Readmes.NamedFiles(SourceTree.Sample(
                ("engine/A/README.md", text), ("engine/B/Gone.cs", ""))),
            "which does not exist");

    [Theory]
    [InlineData("`A.cs`, B.cs and engine/A/In/B.cs; Flow*.cs and Flow.*.cs; build.ps1")]
    public void NamedFiles_FileOfTheRoom_Passes(string text) =>
        TidyAssert.Keeps(Readmes.NamedFiles(SourceTree.Sample(
            ("engine/A/README.md", text), ("engine/A/A.cs", ""), ("engine/A/In/B.cs", ""),
            ("build.ps1", ""))));

    [Fact]
    public void Repository_ShellBlocks_AreMarkedSh() =>
        TidyAssert.Keeps(ReadmeBlocks.CheckMarks(SourceTree.Repository));

    [Theory]
    [InlineData("bash")]
    [InlineData("console")]
    [InlineData("sh tets")]
    public void CheckMarks_OtherMark_Fails(string mark) =>
        TidyAssert.Breaks(ReadmeBlocks.CheckMarks(WithBlock(mark, "true")), mark);

    [Theory]
    [InlineData("sh")]
    [InlineData("sh test")]
    [InlineData("json")]
    public void CheckMarks_ShOrNoShell_Passes(string mark) =>
        TidyAssert.Keeps(ReadmeBlocks.CheckMarks(WithBlock(mark, "true")));

    [Fact]
    public void Repository_ShellBlocks_NameWhatExists() =>
        TidyAssert.Keeps(ReadmeBlocks.CheckNames(SourceTree.Repository));

    [Fact]
    public void Repository_ShellBlocks_AreShell() =>
        TidyAssert.Keeps(ReadmeBlocks.CheckSyntax(SourceTree.Repository));

    [Fact]
    public void Repository_ShellBlocksMarkedAsTests_Run() =>
        TidyAssert.Keeps(ReadmeBlocks.Run(SourceTree.Repository));

    [Theory]
    [InlineData("dotnet test tests/Gone", "names tests/Gone")]
    [InlineData("bash ./.ci/gone", "names .ci/gone")]
    [InlineData("sudo slipway dig", "names 'dig'")]
    [InlineData("out/slipway run --gone tap:t0", "names '--gone'")]
    [InlineData("slipway run \\\n  --gone", "names '--gone'")]
    public void CheckNames_WhatDoesNotExist_Fails(string command, string expected) =>
        TidyAssert.Breaks(ReadmeBlocks.CheckNames(WithBlock("sh", command)), expected);

    [Theory]
    [InlineData("sh", "dotnet test tests/Slipway.A --no-build")]
    [InlineData("sh", "slipway run --link tap:t0 -- slipway gone --gone")]
    [InlineData("sh", "slipway run | grep --gone")]
    [InlineData("sh", "engine/Slipway/bin/Release/slipway run # --gone")]
    [InlineData("text", "slipway gone")]
    public void CheckNames_WhatExists_Passes(string mark, string command) =>
        TidyAssert.Keeps(ReadmeBlocks.CheckNames(WithBlock(mark, command)));

    [Fact]
    public void CheckSyntax_BrokenShell_Fails() =>
        TidyAssert.Breaks(
            ReadmeBlocks.CheckSyntax(WithBlock("sh", "if true; then")), "README.md:3:");

    [Theory]
    [InlineData("false")]
    [InlineData("false | cat")]
    [InlineData("false\ntrue")]
    [InlineData("echo $unset_variable")]
    public void Run_TestThatFails_Fails(string command) =>
        TidyAssert.Breaks(ReadmeBlocks.Run(WithBlock("sh test", command)), "exit status 1");

    [Fact]
    public void Run_TestThatPasses_Passes() =>
        TidyAssert.Keeps(ReadmeBlocks.Run(WithBlock("sh test", "test -d .")));

    private static SourceTree WithBlock(string mark, string commands) => SourceTree.Sample(
        ("README.md", $"# A\n\n```{mark}\n{commands}\n```\n"),
        ("tests/Slipway.A/A.cs", ""),
        ("engine/Slipway/Program.cs", "string[] words = [\"run\", \"--link\"];"));
}
