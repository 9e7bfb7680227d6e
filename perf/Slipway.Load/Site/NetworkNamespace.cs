namespace Slipway.Load.Site;

/// <summary>
/// A network namespace of this run. Its name holds the process's id, so that runs do not meet.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private const string Prefix = "slipway-load-";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Sockets of a benchmark are many and short-lived; and the usual congestion control, where a
    // namespace may choose it.
    private static readonly string[] Settings =
    [
        "net.ipv4.ip_local_port_range=10000 65000", "net.core.somaxconn=8192",
        "net.ipv4.tcp_max_syn_backlog=8192", "net.ipv4.tcp_syn_retries=3",
        "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
    ];

    public NetworkNamespace(string role)
    {
        Name = $"{Prefix}{Environment.ProcessId}-{role}";
        Ip("netns", "add", Name);
        Configure("link set lo up");
        foreach (string setting in Settings)
        {
            Run("sysctl", "-qw", setting);
        }

        string allowed = File.ReadAllText("/proc/sys/net/ipv4/tcp_allowed_congestion_control");
        string control = allowed.Contains("cubic", StringComparison.Ordinal) ? "cubic" : "reno";
        Run("sysctl", "-qw", $"net.ipv4.tcp_congestion_control={control}");
    }

    public string Name { get; }

    public string Path => $"/run/netns/{Name}";

    /// <summary>Runs ip(8) in the caller's namespace.</summary>
    public static void Ip(params IEnumerable<string> arguments) =>
        RunningProgram.Run(Patience, ["ip", .. arguments]);

    /// <summary>Removes what runs that were killed have left.</summary>
    public static void RemoveStale()
    {
        Directory.CreateDirectory("/run/netns");
        foreach (string path in Directory.GetFiles("/run/netns", Prefix + "*"))
        {
            string name = System.IO.Path.GetFileName(path);
            if (!Directory.Exists($"/proc/{name[Prefix.Length..].Split('-')[0]}"))
            {
                Remove(name);
            }
        }
    }

    /// <summary>Runs `ip LINE` in this namespace, for each line.</summary>
    public void Configure(params IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            Ip(["-n", Name, .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        }
    }

    public string Run(params IEnumerable<string> command) => Run(Patience, command);

    public string Run(TimeSpan timeout, params IEnumerable<string> command) =>
        RunningProgram.Run(timeout, Enter(command));

    public RunningProgram Start(params IEnumerable<string> command) => new(Enter(command));

    public void Dispose() => Remove(Name);

    private static void Remove(string name)
    {
        string pids = RunningProgram.Run(Patience, "ip", "netns", "pids", name);
        foreach (string pid in pids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            RunningProgram.Run(Patience, "sh", "-c", $"kill -KILL {pid} || true");
        }

        Ip("netns", "del", name);
    }

    // `ip netns exec` becomes the command, so that its process id is the command's.
    private string[] Enter(IEnumerable<string> command) =>
        ["ip", "netns", "exec", Name, .. command];
}
