using Slipway.Tidy.Rules;

namespace Slipway.Tidy;

public class PeerFaultTableTests
{
    private const string Head = "| Fault | Of | What was wrong | Tests here |\n|---|---|---|---|\n";

    private const string Test =
        "// CVE-2020-1: it fell.\nclass A { [Fact] void B_Fallen_Stands() { } void C_D() { } }";

    [Fact]
    public void Repository_FaultsOfPeers_HaveTheirTests() =>
        TidyAssert.Keeps(PeerFaults.Check(SourceTree.Repository));

    [Theory]
    [InlineData("| CVE-2020-1 | x | it fell | `A.B_Fallen_Stands` (and more) |")]
    [InlineData("| CVE-2020-1, CVE-2020-2 | x | it fell | no counterpart: there is none |")]
    public void Check_TestOrReason_Passes(string row) => TidyAssert.Keeps(Check(row));

    [Theory]
    [InlineData("| CVE-2020-1 | x | it fell | `A.C_D` |", "names A.C_D, which does not exist")]
    [InlineData("| CVE-2020-1 | x | it fell | later |", "has neither a test nor a reason")]
    [InlineData("| CVE-2020-9 | x | it fell | `A.B_Fallen_Stands` |", "CVE-2020-1 has no row")]
    public void Check_RowThatIsNotKept_Fails(string row, string expected) =>
        TidyAssert.Breaks(Check(row), expected);

    private static IEnumerable<string> Check(string row) => PeerFaults.Check(SourceTree.Sample(
        (PeerFaults.Table, Head + row + "\n"), ("tests/Slipway.A.Tests/A.cs", Test)));
}
