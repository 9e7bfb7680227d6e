using System.CommandLine;
using System.Runtime.InteropServices;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>`slipway run`: serves guests until it is stopped.</summary>
internal static class RunCommand
{
    /// <summary>SIGUSR1 on Linux (signal(7)); the runtime names no user signals.</summary>
    private const int UserSignal1 = 10;

    public static Command Create()
    {
        Command command = new("run", "Serve guests on the given links until stopped.");
        EngineOptions options = new(command, takesLinks: true);
        command.SetAction(result => Run(options.Read(result)));
        return command;
    }

    private static int Run(EngineConfiguration configuration)
    {
        if (configuration.Links.Count == 0)
        {
            throw new ConfigurationException(
                "--link", null,
                "none is given; name where guests come from, for example --link "
                    + "stream:/tmp/vm.sock");
        }

        ConnectedNetworks.Read().Check(configuration);
        configuration = SandboxEntry.Enter(
            configuration, [], SandboxEntry.DescriptorsOf(configuration));
        _ = CurrentProcess.SetDescriptorLimit(CurrentProcess.DescriptorLimit.Hard);
        StandardErrorLog log = new(configuration.LogLevel, configuration.LogFormat);
        using ReadySignal ready = new(configuration);
        using NetworkEngine engine = NetworkEngine.Create(
            configuration, log, ProgramEnvironment.Create());
        using IDisposable? control = EngineControl.Start(engine, configuration, log);
        using StopSignals stop = new(engine, log);
        using PosixSignalRegistration report = PosixSignalRegistration.Create(
            (PosixSignal)UserSignal1, context =>
            {
                context.Cancel = true;
                log.Say(LogLevel.Information, CounterReport.Write(engine.Counters));
            });

        SandboxEntry.Close(configuration, log);
        log.Write(LogLevel.Information, Describe(configuration));
        ready.Tell(log);
        using ServiceWatch watch = new(engine, log);
        ProgramPages.GiveBack(path => path == Environment.ProcessPath);
        HeapRest.Watch();
        engine.Run();
        return ExitStatus.Success;
    }

    private static string Describe(EngineConfiguration configuration)
    {
        string alias = configuration.HostAlias is null ? "off"
            : configuration.HostAlias.ToString()!;
        return $"ready: {string.Join(", ", configuration.Links)}; "
            + $"gateway {configuration.Gateway} in {configuration.Subnet}, host alias {alias}";
    }
}
