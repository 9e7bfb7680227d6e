using Slipway.Tidy.Rules;

namespace Slipway.Tidy;

public class SizesTests
{
    private static readonly Ratchet EmptyRatchet = new([]);

    [Fact]
    public void Repository_FunctionsFilesAndLines_FitOrStandInTheRatchet()
    {
        SourceTree tree = SourceTree.Repository;
        TidyAssert.Keeps(Sizes.Check(tree, new Ratchet(tree.ReadLines(Ratchet.RepositoryPath))));
    }

    [Fact]
    public void Check_FunctionOverTheLimit_Fails()
    {
        SourceTree tree = WithFunctionOf(Sizes.FunctionLines + 1);
        TidyAssert.Breaks(Sizes.Check(tree, EmptyRatchet), "function a.cs:F 71: over the limit");
    }

    [Fact]
    public void Check_FunctionAtTheLimit_Passes() =>
        TidyAssert.Keeps(Sizes.Check(WithFunctionOf(Sizes.FunctionLines), EmptyRatchet));

    [Fact]
    public void Check_AccessorOverTheLimit_Fails()
    {
        string body = string.Concat(Enumerable.Repeat("\n", Sizes.FunctionLines));
        SourceTree tree = SourceTree.Sample(("a.cs", $"class A {{ int P {{ get {{{body}}} }} }}"));
        TidyAssert.Breaks(Sizes.Check(tree, EmptyRatchet), "function a.cs:P 71");
    }

    [Theory]
    [InlineData("a.cs")]
    [InlineData("tests/setup.sh")]
    [InlineData(".ci/run")]
    public void Check_FileOverTheLimit_Fails(string path)
    {
        string text = string.Concat(Enumerable.Repeat("#\n", Sizes.FileLines + 1));
        TidyAssert.Breaks(
            Sizes.Check(SourceTree.Sample((path, text)), EmptyRatchet), $"file {path} 401");
    }

    [Fact]
    public void Check_LinesOverTheLimit_AreCounted()
    {
        string wide = new('/', Sizes.Columns + 1);
        SourceTree tree = SourceTree.Sample(("a.cs", $"{wide}\n//\n{wide}\n{wide[1..]}\n"));
        TidyAssert.Breaks(Sizes.Check(tree, EmptyRatchet), "columns a.cs 2: over the limit");
    }

    [Theory]
    [InlineData(72, "")]
    [InlineData(71, "function a.cs:F 72: has grown, 71 were allowed")]
    [InlineData(73, "function a.cs:F 72: has shrunk, write that into the list (73 there)")]
    public void Check_EntryInTheRatchet_MustBeExact(int allowed, string expected)
    {
        Ratchet ratchet = new(["# a comment", "", $"function a.cs:F {allowed}"]);
        IEnumerable<string> violations = Sizes.Check(WithFunctionOf(72), ratchet);
        Assert.Equal(expected, string.Join('\n', violations));
    }

    [Fact]
    public void Check_EntryThatIsNoLongerNeeded_Fails()
    {
        Ratchet ratchet = new(["file a.cs 500"]);
        TidyAssert.Breaks(
            Sizes.Check(SourceTree.Sample(("a.cs", "")), ratchet), "take it off the list");
    }

    private static SourceTree WithFunctionOf(int lines) => SourceTree.Sample(("a.cs",
        $"class A {{\n  /// <summary>Not counted.</summary>\n  void F()\n  {{"
        + string.Concat(Enumerable.Repeat("\n", lines - 2)) + "  }\n}\n"));
}
