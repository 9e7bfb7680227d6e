using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>`slipway shell` as an ordinary user who has nothing but the binary.</summary>
public sealed class ShellTests : SystemTest
{
    private const string User = "nobody";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // A copy that the user may read, wherever the working copy stands.
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-shell-").FullName;
    private readonly string binary;

    public ShellTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
        binary = Path.Combine(folder, "slipway");
        if (SlipwayFactAttribute.Reason is null)
        {
            File.Copy(Repository.Binary, binary);
            const UnixFileMode ReadAndExecute = UnixFileMode.UserRead | UnixFileMode.UserExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            File.SetUnixFileMode(folder, ReadAndExecute | UnixFileMode.UserWrite);
            File.SetUnixFileMode(binary, ReadAndExecute);
        }
    }

    [SlipwayFact]
    public void Shell_RunningCurlAsAnOrdinaryUser_ReachesAServerOnTheHost()
    {
        ProgramResult page = Shell("curl", "-sS", $"http://host.internal:{Site.Port}/").OrFail();
        Note(page.Errors);
        Assert.Contains("hello from the host", page.Output, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Shell_EngineAndCommand_AreInASandboxAndAsTheUserIs()
    {
        // No PID namespace: the command's parent is the engine.
        const string Rights = "/^(NoNewPrivs|Seccomp):/ { print $1 $2 }";
        string[] told = Shell(
            "sh", "-c", $"awk '{Rights}' /proc/$$/status /proc/$PPID/status").OrFail().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] plain = Site.Host.Run(
            Limit, "runuser", "-u", User, "--", "awk", Rights, "/proc/self/status").OrFail().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(plain, told[..plain.Length]);
        Assert.Contains("NoNewPrivs:1", told[plain.Length..]);
        Assert.Contains("Seccomp:2", told[plain.Length..]);
    }

    [SlipwayFact]
    public void Shell_ThatIsAskedToEnd_LeavesItToTheCommand()
    {
        using RunningProgram shell = Site.Host.Start(
            binary, "shell", "--", "sh", "-c",
            "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.1; done");
        shell.ReadUntil("ready", Limit);
        shell.Signal("TERM");
        ProgramResult result = shell.Finish(Limit);
        Assert.Equal(3, result.ExitStatus);
        Assert.Contains("asked", result.Output, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Shell_WhateverTheCommandEndsWith_EndsWithTheSame()
    {
        Assert.Equal(0, Shell("true").ExitStatus);
        Assert.Equal(37, Shell("sh", "-c", "exit 37").ExitStatus);
        Assert.Equal(128 + 15, Shell("sh", "-c", "kill -TERM $$").ExitStatus);
        ProgramResult missing = Shell("no-such-command");
        Assert.Equal(127, missing.ExitStatus);
        Assert.Contains("no-such-command", missing.Errors, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Shell_CommandHasEnded_LeavesNoDiagnosticsPort()
    {
        // The command is the process that the guest's half was.
        string id = Shell("sh", "-c", "echo $$").OrFail().Output.Trim();
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{id}-*"));
    }

    [SlipwayFact]
    public void Shell_InsideIt_HasNamesPingAndNothingButItsOwnLink()
    {
        Assert.Contains(Addresses.HostAlias, Shell("getent", "ahostsv4", "host.internal").Output,
            StringComparison.Ordinal);
        Assert.Contains("192.0.2.1", Shell("getent", "hosts", "a.test").Output,
            StringComparison.Ordinal);
        Shell("ping", "-n", "-c1", "-W3", Site.Outside).OrFail();
        string links = Shell("ip", "-o", "link").OrFail().Output;
        Note(links);
        Assert.Equal(2, links.Trim().Split('\n').Length);
    }

    [SlipwayFact]
    public void Shell_SeveralAtOnce_DoNotMeet()
    {
        List<RunningProgram> shells = [.. Enumerable.Range(0, 5).Select(number =>
            Own(Site.Host.Start(Command("sh", "-c",
                $"sleep 1; curl -sS http://host.internal:{Site.Port}/; echo number {number}"))))];
        for (int number = 0; number < shells.Count; number++)
        {
            ProgramResult result = shells[number].Finish(Limit).OrFail();
            Assert.Contains("hello from the host", result.Output, StringComparison.Ordinal);
            Assert.Contains($"number {number}", result.Output, StringComparison.Ordinal);
        }
    }

    [SlipwayFact]
    public void Shell_WhoseStandardInputIsAPipe_GivesItToTheCommand()
    {
        ProgramResult result = Site.Host.Run(Limit, "sh", "-c",
            $"echo whispered | runuser -u {User} -- {binary} shell -- cat").OrFail();
        Assert.Equal("whispered", result.Output.Trim());
    }

    [SlipwayFact]
    public void Shell_WhereUserNamespacesAreForbidden_SaysWhatToSet()
    {
        // Forbidden in a namespace of this test alone, not on the machine: one more is allowed
        // there, and in it the user is ordinary again. The kernel applies the limits of all
        // namespaces above, and shows only the own one: so what to read is put in its place.
        string settings = Path.Combine(folder, "sys");
        Directory.CreateDirectory(Path.Combine(settings, "user"));
        File.WriteAllText(Path.Combine(settings, "user", "max_user_namespaces"), "0\n");
        ProgramResult result = Site.Host.Run(Limit, "runuser", "-u", User, "--",
            "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
            "echo 1 >/proc/sys/user/max_user_namespaces; mount --bind \"$1\" /proc/sys;" +
            "exec unshare --user --map-user=65534 \"$0\" shell -- true",
            binary, settings);
        Note(result.Errors);
        Assert.Equal(1, result.ExitStatus);
        Assert.Contains("max_user_namespaces", result.Errors, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Doctor_OnThisHost_SaysThatNothingIsMissing()
    {
        ProgramResult result = Site.Host.Run(Limit, "runuser", "-u", User, "--", binary, "doctor");
        Note(result.Output + result.Errors);
        Assert.Equal(0, result.ExitStatus);
    }

    [SlipwayFact]
    public void Doctor_WherePingIsForbidden_SaysHowToAllowIt()
    {
        Site.Host.Set("net.ipv4.ping_group_range", "1 0");
        try
        {
            ProgramResult result =
                Site.Host.Run(Limit, "runuser", "-u", User, "--", binary, "doctor");
            Note(result.Output + result.Errors);
            Assert.Contains("ping_group_range", result.Output + result.Errors,
                StringComparison.Ordinal);
        }
        finally
        {
            Site.Host.Set("net.ipv4.ping_group_range", "0 2147483647");
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(folder, recursive: true);
    }

    private string[] Command(params string[] command) =>
        // A folder of root's in PATH would make every missing command a forbidden one.
        ["runuser", "-u", User, "--", "env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            binary, "shell", "--", .. command];

    private ProgramResult Shell(params string[] command) =>
        Site.Host.Run(Limit, Command(command));
}
