using Slipway.Tidy.Rules;

namespace Slipway.Tidy;

public class ReferenceArrowsTests
{
    [Fact]
    public void Repository_AllProjects_FollowTheArrows() =>
        TidyAssert.Keeps(ReferenceArrows.Check(SourceTree.Repository));

    [Theory]
    [InlineData("engine", "Slipway.Wire", "Slipway.Stack")]
    [InlineData("engine", "Slipway.Wire", "Slipway.Linux")]
    [InlineData("engine", "Slipway.Stack", "Slipway.Linux")]
    [InlineData("engine", "Slipway.Stack", "Slipway.Links")]
    [InlineData("engine", "Slipway.Links", "Slipway.Host")]
    [InlineData("engine", "Slipway.Host", "Slipway.Services")]
    [InlineData("engine", "Slipway.Services", "Slipway.Engine")]
    [InlineData("engine", "Slipway.Engine", "Slipway.Control")]
    [InlineData("engine", "Slipway.Control", "Slipway")]
    [InlineData("interop", "Slipway.Linux", "Slipway.Wire")]
    [InlineData("interop", "Slipway.Abi", "Slipway.Control")]
    [InlineData("engine", "Slipway.Host", "Slipway.Testing")]
    [InlineData("tests", "Slipway.Host.Tests", "Slipway.Wire.Tests")]
    public void Check_ReferenceAgainstTheArrows_Fails(string folder, string from, string to) =>
        TidyAssert.Breaks(
            ReferenceArrows.Check(Sample($"{folder}/{from}/{from}.csproj", to)),
            $"{from} may not refer to {to}");

    [Fact]
    public void Check_RoomThatTheDesignLacks_Fails() =>
        TidyAssert.Breaks(
            ReferenceArrows.Check(Sample("engine/Slipway.Odd/Slipway.Odd.csproj", "Slipway.Wire")),
            "the design names no room Slipway.Odd");

    [Theory]
    [InlineData("engine/Slipway/Slipway.csproj", "Slipway.Engine")]
    [InlineData("engine/Slipway.Links/Slipway.Links.csproj", "Slipway.Linux")]
    [InlineData("tests/Slipway.Simulation/Slipway.Simulation.csproj", "Slipway.Testing")]
    public void Check_ReferenceAlongTheArrows_Passes(string path, string to) =>
        TidyAssert.Keeps(ReferenceArrows.Check(Sample(path, to)));

    private static SourceTree Sample(string path, string target) => SourceTree.Sample((path,
        $"""
        <Project Sdk="Microsoft.NET.Sdk"><ItemGroup>
          <ProjectReference Include="$(SlipwayRoot)/engine/{target}/{target}.csproj" />
        </ItemGroup></Project>
        """));
}
