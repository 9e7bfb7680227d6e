using Slipway.Tidy.Rules;

namespace Slipway.Tidy;

public class ForbiddenTextTests
{
    [Fact]
    public void Repository_AllFiles_NameNoMachineAndNoUnfinishedWork() =>
        TidyAssert.Keeps(ForbiddenText.Check(SourceTree.Repository));

    [Theory]
    [InlineData("work")]
    [InlineData("root")]
    [InlineData("farm")]
    [InlineData("home")]
    public void Check_FolderOfOneMachine_Fails(string folder)
    {
        TidyAssert.Breaks(Line($"cd /{folder}/project"), "folder of one machine");
        TidyAssert.Breaks(Line($"path=\"/{folder}/a\""), "folder of one machine");
    }

    [Theory]
    [InlineData("work")]
    [InlineData("root")]
    public void Check_FolderBelowAnother_Passes(string folder)
    {
        TidyAssert.Keeps(Line($"cd engine/{folder}/x"));
        TidyAssert.Keeps(Line($"$HOME/{folder}/x"));
        TidyAssert.Keeps(Line($"${{ROOT}}/{folder}/x"));
    }

    [Theory]
    [InlineData("/run/slipway/control.sock")]
    public void Check_OtherPath_Passes(string line) => TidyAssert.Keeps(Line(line));

    [Fact]
    public void Check_UnknownHost_Fails()
    {
        string scheme = "https:" + "//";
        TidyAssert.Breaks(Line($"<add value=\"{scheme}nuget.corp:8443/v3\" />"), "nuget.corp");
    }

    [Theory]
    [InlineData("https://www.rfc-editor.org/rfc/rfc9293")]
    [InlineData("curl http://host.internal:PORT/")]
    [InlineData("http://127.0.0.1:8080/")]
    [InlineData("http://$address:$port/")]
    [InlineData("http://[::1]/")]
    public void Check_KnownHost_Passes(string line) => TidyAssert.Keeps(Line(line));

    [Theory]
    [InlineData("TO", "DO")]
    [InlineData("FIX", "ME")]
    public void Check_UnfinishedWork_Fails(string first, string second) =>
        TidyAssert.Breaks(Line($"// {first}{second}: later"), "unfinished work");

    private static IEnumerable<string> Line(string line) =>
        ForbiddenText.Check(SourceTree.Sample(("a.txt", line)));
}
