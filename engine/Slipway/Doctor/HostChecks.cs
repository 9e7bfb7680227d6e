using System.Globalization;
using System.Net.Sockets;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// Looks at what the engine and `slipway shell` need of this host; changes nothing.
/// </summary>
internal static partial class HostChecks
{
    private const string TunPath = "/dev/net/tun";

    public static Finding[] Run() =>
    [
        PeekOffset(), UserNamespace(), Tun(), Program("unshare", Verdict.Fail, "`slipway shell`"),
        Program("nsenter", Verdict.Warn, "`tap:NAME,netns=PID` without root"),
        Ping("ping", AddressFamily.InterNetwork, ProtocolType.Icmp), .. Ipv6(), LowPorts(),
        NameServers(), NameService(), Descriptors(), RuntimeFolder(),
        .. Sandboxing(),
    ];

    /// <summary>Linux 6.9 brought SO_PEEK_OFF to TCP.</summary>
    private static Finding PeekOffset()
    {
        const int SOL_SOCKET = 1;
        const int SO_PEEK_OFF = 42;
        string release = Read("/proc/sys/kernel/osrelease") ?? "unknown";
        try
        {
            using Socket socket = new(
                AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.SetRawSocketOption(SOL_SOCKET, SO_PEEK_OFF, BitConverter.GetBytes(0));
            return new Finding("kernel", Verdict.Ok, $"Linux {release}, SO_PEEK_OFF works on TCP");
        }
        catch (SocketException)
        {
            return new Finding(
                "kernel", Verdict.Warn, $"Linux {release} has no SO_PEEK_OFF on TCP",
                "a newer kernel (6.9 or later) saves memory and copies on each connection");
        }
    }

    private static Finding UserNamespace()
    {
        const string Check = "user namespaces";
        if (UserNamespaces.IsPrivileged)
        {
            return new Finding(Check, Verdict.Ok, "not needed as root");
        }

        string? unshare = ProgramPath.Find("unshare");
        string? program = ProgramPath.Find("true");
        if (unshare is not null && program is not null
            && ChildProcess.Start(
                unshare, [unshare, "--user", "--map-root-user", "--net", "--mount", "--", program],
                out int id) == 0
            && ChildProcess.Wait(id) == 0)
        {
            return new Finding(Check, Verdict.Ok, "this user can make them");
        }

        return new Finding(
            Check, Verdict.Fail, "this user cannot make one",
            UserNamespaces.Refusal() ?? "install util-linux, or run slipway as root");
    }

    private static Finding Tun()
    {
        try
        {
            using FileStream tun = new(
                TunPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
            return new Finding(TunPath, Verdict.Ok, "can be opened");
        }
        catch (UnauthorizedAccessException)
        {
            return new Finding(
                TunPath, Verdict.Fail, "may not be opened",
                $"as root: chmod 0666 {TunPath} (it grants nothing by itself)");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Finding(
                TunPath, Verdict.Fail, "is missing",
                "as root: modprobe tun; in a container: mkdir -p /dev/net && mknod -m 0666 "
                    + $"{TunPath} c 10 200");
        }
        catch (IOException e)
        {
            return new Finding(TunPath, Verdict.Fail, e.Message, "as root: modprobe tun");
        }
    }

    private static Finding Program(string name, Verdict otherwise, string purpose) =>
        ProgramPath.Find(name) is string path
            ? new Finding(name, Verdict.Ok, path)
            : new Finding(
                name, otherwise, $"is not installed; {purpose} needs it",
                "apt-get install util-linux");

    /// <summary>One range of groups serves both families.</summary>
    private static Finding Ping(string check, AddressFamily family, ProtocolType protocol)
    {
        string range = Read("/proc/sys/net/ipv4/ping_group_range")?.Replace('\t', ' ') ?? "unknown";
        try
        {
            using Socket socket = new(family, SocketType.Dgram, protocol);
            return new Finding(check, Verdict.Ok, $"ping_group_range is {range}");
        }
        catch (SocketException)
        {
            return new Finding(
                check, Verdict.Warn,
                $"ping_group_range is {range}: guests cannot ping the outside",
                "as root: sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"");
        }
    }

    private static Finding NameServers()
    {
        const string Path = "/etc/resolv.conf";
        List<string> servers = [];
        foreach (string line in (Read(Path) ?? "").Split('\n'))
        {
            if (line.Split(
                (char[]?)null, StringSplitOptions.RemoveEmptyEntries) is ["nameserver",
                string server, ..])
            {
                servers.Add(server);
            }
        }

        return servers.Count > 0
            ? new Finding(Path, Verdict.Ok, "name servers " + string.Join(", ", servers))
            : new Finding(
                Path, Verdict.Warn,
                "names no name server: guests resolve only what libc does without DNS",
                $"add a line such as `nameserver 192.0.2.53` to {Path}");
    }

    private static Finding NameService()
    {
        const string Path = "/etc/nsswitch.conf";
        foreach (string line in (Read(Path) ?? "").Split('\n'))
        {
            if (line.StartsWith("hosts:", StringComparison.Ordinal))
            {
                string sources = string.Join(
                    ' ', line[6..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                string way = sources is "files dns" or "dns" or "dns files"
                    ? "name servers are asked directly" : "the C library resolves for guests";
                return new Finding(Path, Verdict.Ok, $"hosts: {sources}; {way}");
            }
        }

        return new Finding(
            Path, Verdict.Ok, "says nothing of hosts; name servers are asked directly");
    }

    private static Finding Descriptors()
    {
        const ulong Comfortable = 16_384;
        ulong hard = CurrentProcess.DescriptorLimit.Hard;
        string detail = string.Create(
            CultureInfo.InvariantCulture, $"{hard} at most, one for each connection");
        return hard >= Comfortable
            ? new Finding("descriptors", Verdict.Ok, detail)
            : new Finding(
                "descriptors", Verdict.Warn, detail,
                "raise the hard limit: ulimit -Hn, or LimitNOFILE= of the service");
    }

    private static Finding RuntimeFolder()
    {
        const string Check = "XDG_RUNTIME_DIR";
        string? folder = Environment.GetEnvironmentVariable(Check);
        if (string.IsNullOrEmpty(folder))
        {
            return CurrentProcess.EffectiveUserId == 0
                ? new Finding(Check, Verdict.Ok, "not set; /run serves root")
                : new Finding(
                    Check, Verdict.Warn, "not set; /tmp is used",
                    "log in through systemd-logind, or set it to a folder of yours");
        }

        return Directory.Exists(folder)
            ? new Finding(Check, Verdict.Ok, folder)
            : new Finding(
                Check, Verdict.Warn, $"{folder} does not exist; /tmp is used",
                "set it to a folder of yours");
    }

    /// <summary>A small file's text, trimmed; null when it cannot be read.</summary>
    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
