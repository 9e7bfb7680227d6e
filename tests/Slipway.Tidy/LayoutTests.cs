using Slipway.Tidy.Rules;

namespace Slipway.Tidy;

public class LayoutTests
{
    [Fact]
    public void Repository_TopLevel_IsWhatTheDesignNames() =>
        TidyAssert.Keeps(TopLevel.Check(SourceTree.Repository));

    [Theory]
    [InlineData("docs/design.md", "docs")]
    [InlineData("NOTES.md", "NOTES.md")]
    [InlineData("engine", "engine")]
    [InlineData("Directory.Build.props", "Directory.Build.props")]
    public void TopLevel_EntryThatTheDesignLacks_Fails(string path, string entry) =>
        TidyAssert.Breaks(TopLevel.Check(SourceTree.Sample((path, ""))), $"{entry}: ");

    [Fact]
    public void TopLevel_DotFiles_Pass() =>
        TidyAssert.Keeps(TopLevel.Check(SourceTree.Sample((".ci/run", ""), (".gitignore", ""))));

    [Fact]
    public void Repository_AllProjects_AreInTheSolution() =>
        TidyAssert.Keeps(SolutionMembers.Check(SourceTree.Repository));

    [Fact]
    public void SolutionMembers_ProjectThatIsNotThere_Fails() =>
        TidyAssert.Breaks(
            SolutionMembers.Check(SourceTree.Sample(
                ("Engine.sln", "\"engine\\A\\A.csproj\""),
                ("engine/A/A.csproj", ""), ("engine/B/B.csproj", ""))),
            "engine/B/B.csproj: is not in Engine.sln");

    [Fact]
    public void Repository_Versions_AreWrittenCentrally() =>
        TidyAssert.Keeps(PackageVersions.Check(SourceTree.Repository));

    [Theory]
    [InlineData("<PackageReference Include='xunit' Version='2.9.3' />", "xunit has its version")]
    [InlineData("<PackageReference Update='xunit' VersionOverride='2' />", "xunit has its version")]
    [InlineData("<PackageReference Include='x'><Version>2</Version></PackageReference>", "x has")]
    [InlineData("<PackageVersion Include='xunit' Version='2.9.3' />", "xunit has its version")]
    [InlineData("<TargetFramework>net9.0</TargetFramework>", "sets TargetFramework")]
    public void PackageVersions_VersionInAProject_Fails(string element, string expected)
    {
        string kind = element.StartsWith("<Package", StringComparison.Ordinal)
            ? "ItemGroup" : "PropertyGroup";
        TidyAssert.Breaks(
            PackageVersions.Check(SourceTree.Sample(
                ("engine/A/A.csproj", $"<Project><{kind}>{element}</{kind}></Project>"))),
            expected);
    }
}
