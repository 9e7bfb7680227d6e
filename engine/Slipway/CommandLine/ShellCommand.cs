using System.CommandLine;
using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway;

/// <summary>
/// `slipway shell`: a command in a network namespace of its own whose only way out is the engine,
/// which runs here, in the parent. Both end together; the engine is in a sandbox, the command not.
/// </summary>
internal static class ShellCommand
{
    private const string Device = "tap0";
    private const int SIGHUP = 1;
    private const int SIGTERM = 15;

    /// <summary>
    /// Larger packets cost a TAP less, and no VM's driver sets a bound here; what an engine makes
    /// of them on the host does not depend on it.
    /// </summary>
    private const int MtuBytes = 65_520;

    public static Command Create()
    {
        Command command = new(
            "shell", "Run COMMAND, or $SHELL, in a new network namespace whose only way out is "
                + "Slipway.");
        EngineOptions options = new(command, takesLinks: false);
        Argument<string[]> words = new("COMMAND")
        {
            Description = "The command and its arguments, after `--`. [$SHELL]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        command.Arguments.Add(words);
        command.SetAction(result => Run(result, options, result.GetValue(words) ?? []));
        return command;
    }

    private static int Run(ParseResult result, EngineOptions options, string[] command)
    {
        ConnectedNetworks networks = ConnectedNetworks.Read();
        EngineConfiguration standard = new();
        EngineConfiguration configuration = options.Read(result, standard with
        {
            // A shell in a shell: the outer one's network is the inner one's host.
            Subnet = SandboxEntry.Handover?.Subnet is string told ? IpPrefix.Parse(told)
                : networks.FirstFree(standard.Subnet),
            MtuBytes = MtuBytes,
            LogLevel = LogLevel.Warning,
        });
        if (configuration.Links.Count > 0)
        {
            throw new ConfigurationException(
                "links", configuration.Links[0].ToString(),
                "the shell makes its own link; remove the key, or use `slipway run`");
        }

        networks.Check(configuration);
        using ReadySignal ready = new(configuration);

        // Before the sandbox, whose rules it would have with everything that it starts; and on the
        // thread that then becomes the engine, since the guest ends with it.
        using GuestProcess guest =
            SandboxEntry.Handover?.Guest is (int Id, int Channel, int Tap) started
                ? GuestProcess.Take(started) : StartGuest(configuration, command);
        configuration = SandboxEntry.Enter(
            configuration, [], SandboxEntry.DescriptorsOf(configuration), guest: guest);
        return Serve(configuration, ready, guest);
    }

    private static GuestProcess StartGuest(EngineConfiguration configuration, string[] command) =>
        GuestProcess.Start(
            Entry(),
            channel => GuestSettings.For(
                configuration, Device, configure: true, channel,
                command.Length > 0 ? command : [LoginShell()]),
            () => UserNamespaces.Refusal()
                ?? "the host does not let this user make namespaces; run slipway as root");

    /// <summary>
    /// Root keeps its rights over files; anyone else becomes root of a user namespace.
    /// </summary>
    private static string[] Entry()
    {
        string unshare = ProgramPath.Find("unshare") ?? throw new HostRefusal(
            "unshare is not installed; install it with `apt-get install util-linux`");
        return UserNamespaces.IsPrivileged
            ? [unshare, "--net", "--mount"]
            : [unshare, "--user", "--map-root-user", "--net", "--mount"];
    }

    private static string LoginShell() =>
        Environment.GetEnvironmentVariable("SHELL") is { Length: > 0 } shell && File.Exists(shell)
            ? shell : "/bin/sh";

    private static int Serve(
        EngineConfiguration configuration, ReadySignal ready, GuestProcess guest)
    {
        StandardErrorLog log = new(configuration.LogLevel, configuration.LogFormat);

        // After the start, so that the command keeps the limit that the user has.
        _ = CurrentProcess.SetDescriptorLimit(CurrentProcess.DescriptorLimit.Hard);
        using NetworkEngine engine = NetworkEngine.Create(
            configuration with
            {
                Links = [new DescriptorLinkSpecification(guest.TapDescriptor, LinkFraming.Tap)],
            },
            log, ProgramEnvironment.Create());
        using IDisposable? control = EngineControl.Start(engine, configuration, log);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, Leave);
        using PosixSignalRegistration quit = PosixSignalRegistration.Create(
            PosixSignal.SIGQUIT, Leave);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, context => Forward(context, guest.Id, "TERM", SIGTERM, engine));
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP, context => Forward(context, guest.Id, "HUP", SIGHUP, engine));

        int status = 0;
        Thread waiter = new(() =>
        {
            status = guest.Wait();
            engine.Stop();
        })
        {
            IsBackground = true,
            Name = "guest's end",
        };
        waiter.Start();
        SandboxEntry.Close(configuration, log);
        guest.Proceed();
        ready.Tell(log);
        ProgramPages.GiveBack(path => path == Environment.ProcessPath);
        engine.Run();
        waiter.Join();
        return status;
    }

    /// <summary>The terminal sends these to the command too: they are meant for it.</summary>
    private static void Leave(PosixSignalContext context) => context.Cancel = true;

    // Out of the sandbox no signal goes: what stays outside passes it on. Where it cannot be
    // passed on, the engine ends, and the command with it.
    private static void Forward(
        PosixSignalContext context, int processId, string name, int signal, NetworkEngine engine)
    {
        context.Cancel = true;
        bool isPassedOn = SandboxEntry.Handover?.Aide is int aide and >= 0
            ? SandboxAide.Signal(aide, name) : ChildProcess.Signal(processId, signal);
        if (!isPassedOn)
        {
            engine.Stop();
        }
    }
}
