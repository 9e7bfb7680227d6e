namespace Slipway.SystemTests.Harness;

/// <summary>
/// A network namespace of this test run. Its name holds the test process's id: runs do not meet,
/// and what a killed run left behind is recognised and removed by the next.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private const string Prefix = "slipway-test-";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static int made;

    public NetworkNamespace(string role)
    {
        Name = $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref made)}-{role}";
        Ip("netns", "add", Name);
        Ip("-n", Name, "link", "set", "lo", "up");
    }

    public string Name { get; }

    public string Path => $"/run/netns/{Name}";

    /// <summary>Where files stand that `ip netns exec` binds over those of /etc.</summary>
    public string EtcPath => $"/etc/netns/{Name}";

    /// <summary>Runs ip(8) in the caller's namespace and fails the test when it fails.</summary>
    public static ProgramResult Ip(params IEnumerable<string> arguments) =>
        RunningProgram.Run(Patience, ["ip", .. arguments]).OrFail();

    /// <summary>Removes what runs that no longer exist have left.</summary>
    public static void RemoveStale()
    {
        foreach (string path in Directory.GetFiles("/run/netns", Prefix + "*"))
        {
            string name = System.IO.Path.GetFileName(path);
            string owner = name[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists($"/proc/{owner}"))
            {
                Remove(name);
            }
        }
    }

    /// <summary>Runs `ip ARGUMENTS` in this namespace; words are split at blanks.</summary>
    public void Configure(params IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Ip(["-n", Name, .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        }
    }

    /// <summary>
    /// Writes a kernel setting of this namespace, for instance net.ipv4.ip_forward.
    /// </summary>
    public void Set(string setting, string value) =>
        Run("sysctl", "-qw", $"{setting}={value}").OrFail();

    public ProgramResult Run(params IEnumerable<string> command) => Run(Patience, command);

    public ProgramResult Run(TimeSpan timeout, params IEnumerable<string> command) =>
        RunningProgram.Run(timeout, Enter(command));

    public RunningProgram Start(params IEnumerable<string> command) => new(Enter(command));

    public void Dispose() => Remove(Name);

    private static void Remove(string name)
    {
        string pids = RunningProgram.Run(Patience, "ip", "netns", "pids", name).Output;
        foreach (string pid in pids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            RunningProgram.Run(Patience, "kill", "-KILL", pid);
        }

        RunningProgram.Run(Patience, "ip", "netns", "del", name);
        if (Directory.Exists($"/etc/netns/{name}"))
        {
            Directory.Delete($"/etc/netns/{name}", recursive: true);
        }
    }

    // `ip netns exec` becomes the command, so that its process id is the command's.
    private string[] Enter(IEnumerable<string> command) =>
        ["ip", "netns", "exec", Name, .. command];
}
