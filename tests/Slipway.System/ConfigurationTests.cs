using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Mistakes in options and configuration: named, with a remedy, before anything starts.
/// </summary>
public sealed class ConfigurationTests(Site site, ITestOutputHelper output)
    : SystemTest(site, output)
{
    [SlipwayFact]
    public void Options_WithAMistake_AreNamedWithTheValueAndEndWithStatusTwo()
    {
        (string Option, string Value)[] mistakes =
        [
            ("--mtu", "12"), ("--mtu", "many"), ("--subnet", "192.168.127.0/40"),
            ("--subnet", "garden"), ("--link", "carrier-pigeon:x"), ("--publish", "99999:80"),
            ("--publish", "80"), ("--dns", "nothing"), ("--log-level", "shout"),
        ];
        Assert.All(mistakes, mistake =>
        {
            string[] link = mistake.Option == "--link" ? [] : ["--link", "stream:/tmp/unused.sock"];
            ProgramResult result = Site.Host.Run(
                [Repository.Binary, "run", .. link, mistake.Option, mistake.Value]);
            Note(result.Errors.Trim());
            Assert.Equal(2, result.ExitStatus);
            Assert.Contains(mistake.Option.TrimStart('-'), result.Errors, StringComparison.Ordinal);
            Assert.Contains(mistake.Value, result.Errors, StringComparison.Ordinal);
        });
    }

    [SlipwayFact]
    public void ConfigurationFile_WithAMistake_IsNamedWithKeyAndValue()
    {
        (string Text, string Key, string Value)[] mistakes =
        [
            ("""{ "mtuu": 1500 }""", "mtuu", ""),
            ("""{ "mtu": "wide" }""", "mtu", "wide"),
            ("""{ "mtu": 12 }""", "mtu", "12"),
            ("""{ "subnet": "10.0.0.0/33" }""", "subnet", "10.0.0.0/33"),
        ];
        string path = Path.Combine(Path.GetTempPath(), $"slipway-{Environment.ProcessId}.json");
        try
        {
            Assert.All(mistakes, mistake =>
            {
                File.WriteAllText(path, mistake.Text);
                ProgramResult result = Site.Host.Run(Repository.Binary, "run",
                    "--config", path, "--link", "stream:/tmp/unused.sock");
                Note(result.Errors.Trim());
                Assert.Equal(2, result.ExitStatus);
                Assert.Contains(mistake.Key, result.Errors, StringComparison.Ordinal);
                Assert.Contains(mistake.Value, result.Errors, StringComparison.Ordinal);
            });
        }
        finally
        {
            File.Delete(path);
        }
    }

    [SlipwayFact]
    public void Socket_ThatAnotherEngineServes_IsNamedAndLeftAlone()
    {
        string path = Path.Combine(Path.GetTempPath(), $"slipway-{Environment.ProcessId}.sock");
        StartEngine($"--link=stream:{path}");
        ProgramResult second = Site.Host.Run(Repository.Binary, "run", $"--link=stream:{path}");
        Note(second.Errors);
        Assert.Equal(2, second.ExitStatus);
        Assert.Contains(path, second.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(path));
    }
}
