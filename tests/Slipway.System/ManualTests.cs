using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>The manual page and the completions, in the programs that read them.</summary>
public sealed class ManualTests : SystemTest
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    // What the shells leave there is theirs.
    private readonly string _home = Directory.CreateTempSubdirectory("slipway-home-").FullName;

    public ManualTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    [SlipwayFact]
    public void Manual_ByMandoc_IsWithoutReproachAndKnowsEveryCommand()
    {
        string judged = Shell("\"$0\" man | mandoc -T lint -W style 2>&1; true");
        Assert.Equal("", judged);
        string text = Shell("\"$0\" man | mandoc -T utf8 | sed 's/.\x08//g'");
        foreach (string said in (string[])[
            "slipway run", "slipway capture ring start", "--log-format", "slipway dns set",
            "NAME[,netns=PATH|PID]", "EXIT STATUS"])
        {
            Assert.Contains(said, text, StringComparison.Ordinal);
        }
    }

    [SlipwayTheory]
    [InlineData("slipway fl", "flows")]
    [InlineData("slipway capture ri", "ring")]
    [InlineData("slipway capture ring st", "start stop")]
    [InlineData("slipway run --log-f", "--log-format")]
    [InlineData("slipway --control x dns se", "set")]
    public void Completion_OfBash_OffersWhatCanFollow(string typed, string offered)
    {
        string words = string.Join(' ', typed.Split(' ').Select(word => $"'{word}'"));
        Assert.Equal(offered, Shell(
            "\"$0\" completion bash > /dev/null && bash -c 'source <(\"$0\" completion bash)\n"
            + $"COMP_WORDS=({words.Replace("'", "\"", StringComparison.Ordinal)})\n"
            + "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _slipway; echo \"${COMPREPLY[*]}\"' \"$0\""));
    }

    [SlipwayTheory]
    [InlineData("slipway capture ", "ring:Write the last frames, of an engine that keeps them")]
    [InlineData("slipway ", "flows:List the connections that pass a running engine")]
    public void Completion_OfZsh_OffersWhatCanFollow(string typed, string offered)
    {
        string words = string.Join(' ', typed.Split(' ').Select(word => $"\"{word}\""));
        string[] lines = Shell(
            "zsh -f -c 'compdef() { : }; source <(\"$0\" completion zsh)\n"
            + "_describe() { print -rl -- $found }\n"
            + $"words=({words}); CURRENT=$#words; _slipway' \"$0\"").Split('\n');
        Assert.Contains(offered, lines);
        Assert.All(lines, line => Assert.Contains(':', line));
    }

    [SlipwayTheory]
    [InlineData("slipway capture ri", "ring")]
    [InlineData("slipway run --lin", "--link")]
    public void Completion_OfFish_OffersWhatCanFollow(string typed, string offered)
    {
        string found = Shell(
            $"fish --no-config -c '\"$argv[1]\" completion fish | source; complete -C \"{typed}\"'"
            + " \"$0\"");
        Assert.StartsWith(offered + "\t", found, StringComparison.Ordinal);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_home, recursive: true);
    }

    private string Shell(string script) => Site.Host.Run(
        s_limit, "env", $"HOME={_home}", "sh", "-c", script, Repository.Binary).OrFail()
        .Output.TrimEnd('\n');
}
