using Slipway.Tidy.Rules;

namespace Slipway.Tidy;

public class CodeTests
{
    [Fact]
    public void Repository_UnsafeCode_IsWhereTheDesignAllowsIt() =>
        TidyAssert.Keeps(UnsafePlaces.Check(SourceTree.Repository));

    [Theory]
    [InlineData("engine/Slipway.Stack/A.cs", "unsafe class A { }")]
    [InlineData("engine/Slipway.Links/Tap/A.cs", "class A { void F() { unsafe { } } }")]
    [InlineData("tests/Slipway.System/A.cs", "class A { unsafe void F() { } }")]
    public void UnsafePlaces_UnsafeCodeElsewhere_Fails(string path, string text) =>
        TidyAssert.Breaks(
            UnsafePlaces.Check(SourceTree.Sample((path, text))), "unsafe code does not belong");

    [Theory]
    [InlineData("interop/Slipway.Linux/A.cs", "unsafe class A { }")]
    [InlineData("engine/Slipway.Stack/A.cs", "class A { string unsafely = \"unsafe\"; } // unsafe")]
    public void UnsafePlaces_AllowedPlaceOrMereWord_Passes(string path, string text) =>
        TidyAssert.Keeps(UnsafePlaces.Check(SourceTree.Sample((path, text))));

    [Fact]
    public void Repository_Catches_AreNotEmpty() =>
        TidyAssert.Keeps(CodeHygiene.EmptyCatches(SourceTree.Repository));

    [Theory]
    [InlineData("try { } catch { }")]
    [InlineData("try { } catch (System.Exception) { /* nothing to do */ }")]
    public void EmptyCatches_CatchWithoutStatements_Fails(string statement) =>
        TidyAssert.Breaks(
            CodeHygiene.EmptyCatches(Code($"class A {{ void F() {{ {statement} }} }}")),
            "a.cs:1: an empty catch");

    [Fact]
    public void Repository_Tests_AreNotSkipped() =>
        TidyAssert.Keeps(CodeHygiene.SkippedTests(SourceTree.Repository));

    [Fact]
    public void SkippedTests_SkippedFact_Fails() =>
        TidyAssert.Breaks(
            CodeHygiene.SkippedTests(Code("class A { [Fact(Skip = \"later\")] void F() { } }")),
            "a skipped test");

    [Fact]
    public void Repository_Tests_AreNamedSubjectSituationOutcome() =>
        TidyAssert.Keeps(CodeHygiene.TestNames(SourceTree.Repository));

    [Theory]
    [InlineData("Parses")]
    [InlineData("Header_when_Parses")]
    public void TestNames_OtherName_Fails(string name) =>
        TidyAssert.Breaks(
            CodeHygiene.TestNames(Code($"class A {{ [Xunit.Fact] public void {name}() {{ }} }}")),
            name);

    [Fact]
    public void Repository_ShippedFiles_HoldOneTypeEach() =>
        TidyAssert.Keeps(Types.OnePerFile(SourceTree.Repository));

    [Theory]
    [InlineData("namespace N; class A { } enum B { }")]
    [InlineData("namespace N { delegate void A(); } record B;")]
    public void OnePerFile_TwoTypes_Fails(string text) =>
        TidyAssert.Breaks(
            Types.OnePerFile(SourceTree.Sample(("engine/a.cs", text))), "holds 2 types: A, B");

    [Fact]
    public void OnePerFile_NestedType_Passes() =>
        TidyAssert.Keeps(Types.OnePerFile(SourceTree.Sample(
            ("engine/a.cs", "namespace N; class A { class B { } }"))));

    [Fact]
    public void Repository_TypeNames_SayWhatTheyAre() =>
        TidyAssert.Keeps(Types.Names(SourceTree.Repository));

    [Theory]
    [InlineData("class FlowManager { }", "Manager")]
    [InlineData("static class Helpers { }", "Helpers")]
    [InlineData("class A { struct FrameInfo { } }", "Info")]
    [InlineData("delegate void OnData();", "Data")]
    public void Names_EmptyWord_Fails(string text, string word) =>
        TidyAssert.Breaks(Types.Names(Code(text)), $"says nothing with '{word}'");

    [Fact]
    public void Repository_PublicTypes_HaveSummaries() =>
        TidyAssert.Keeps(Types.Summaries(SourceTree.Repository));

    [Fact]
    public void Summaries_PublicTypeWithout_Fails() =>
        TidyAssert.Breaks(
            Types.Summaries(SourceTree.Sample(("engine/a.cs", "// A.\npublic class A { }"))),
            "A is public and has no summary");

    [Fact]
    public void Repository_Headers_HaveTheFiveParagraphs() =>
        TidyAssert.Keeps(HeaderShape.Check(SourceTree.Repository));

    [Theory]
    [InlineData("public ref struct H { private H(int a) { } void TryParse() { } }", "not readonly")]
    [InlineData("readonly ref struct H { void TryParse() { } }", "no diagram")]
    [InlineData("readonly ref struct H { public H(int a) { } void TryParse() { } }", "without Try")]
    [InlineData("readonly ref struct H { void Write() { } void TryParse() { } }", "order")]
    [InlineData("readonly ref struct H { void TryParse() { } int A => 1; }", "order")]
    public void HeaderShape_OtherShape_Fails(string text, string expected) =>
        Assert.Contains(
            HeaderShape.Check(SourceTree.Sample(("engine/Slipway.Wire/a.cs", text))),
            violation => violation.Contains(expected, StringComparison.Ordinal));

    private static SourceTree Code(string text) => SourceTree.Sample(("a.cs", text));
}
