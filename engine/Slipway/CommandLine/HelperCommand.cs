using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>`slipway helper`: binds ports for engines of users who may not.</summary>
internal static class HelperCommand
{
    private const int Backlog = 64;

    // Whoever may connect is asked by the kernel who it is: the file need not keep anybody out.
    private const int ForEverybody = 0x1b6; // 0666

    public static Command Create()
    {
        Option<string[]> allow = new("--allow")
        {
            Description = "Ports that are bound for others: 80, 53/udp, 80-90; with commas between "
                + "them.",
            HelpName = "PORTS",
            Required = true,
        };
        Option<string[]> user = new("--user")
        {
            Description = "Whom for: a user's name or number; more than once for several.",
            HelpName = "USER",
            Required = true,
        };
        Option<string> listen = new("--listen")
        {
            Description = "Where engines ask. [the socket that systemd passes, else "
                + $"unix:{EngineConfiguration.DefaultHelperPath}]",
            HelpName = "unix:PATH",
        };
        Command command = new(
            "helper", "Bind ports below 1024 for engines that run without root.")
        {
            allow, user, listen,
        };
        command.SetAction(result => Run(
            result.GetValue(allow) ?? [], result.GetValue(user) ?? [], result.GetValue(listen)));
        return command;
    }

    private static int Run(string[] allowed, string[] users, string? listen)
    {
        List<PortRule> rules = [];
        foreach (string text in allowed.SelectMany(
            one => one.Split(',', StringSplitOptions.TrimEntries)))
        {
            rules.Add(PortRule.Parse("--allow", text));
        }

        HashSet<uint> numbers = [.. users.Select(UserNumber)];
        UnixSocketFile? file = null;
        Socket listener = listen is null ? Inherited() ?? Bind(null, out file)
            : Bind(listen, out file);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            listener.Dispose();
        }

        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, Stop);
        StandardError.Say($"binds {string.Join(", ", allowed)} for {string.Join(", ", users)}");
        new PortBinder(listener, rules, numbers).Serve();
        file?.Remove();
        listener.Dispose();
        return ExitStatus.Success;
    }

    private static Socket Bind(string? listen, out UnixSocketFile file)
    {
        string path = listen is null ? EngineConfiguration.DefaultHelperPath
            : EngineConfiguration.ParseHelper("--listen", listen) ?? throw new
                ConfigurationException("--listen", listen, "is no place; write unix:PATH");
        file = UnixSocketFile.Bind(path, Sockets.Stream, out int descriptor);
        _ = Files.SetMode(path, ForEverybody);
        Socket socket = new(new SafeSocketHandle(descriptor, ownsHandle: true));
        socket.Blocking = true;
        socket.Listen(Backlog);
        return socket;
    }

    // sd_listen_fds(3).
    private static Socket? Inherited() => InheritedSockets.Read() is [int descriptor, ..]
        ? new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = true }
        : null;

    private static uint UserNumber(string user)
    {
        if (uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
        {
            return number;
        }

        foreach (string line in File.ReadLines("/etc/passwd"))
        {
            if (line.Split(':') is [string name, _, string id, ..] && name == user)
            {
                return uint.Parse(id, CultureInfo.InvariantCulture);
            }
        }

        throw new ConfigurationException(
            "--user", user, "is not in /etc/passwd; give the user's number (`id -u`)");
    }
}
