using System.CommandLine;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace Slipway.Load.Profile;

/// <summary>
/// `profile PID`: attaches to a running engine and shows its counters, those of the runtime and
/// those of the engine (<see cref="EngineCounters"/>).
/// </summary>
internal static class ProfileCommand
{
    private const string RuntimeProvider = "System.Runtime";

    public static Command Create()
    {
        Argument<int> process = new("pid") { Description = "The engine's process id" };
        Option<int> seconds = new("--seconds")
        {
            Description = "How long to look; the last second is told in full",
            DefaultValueFactory = _ => 5,
        };
        Command command = new("profile", "Show the counters of a running engine.")
        {
            process, seconds,
        };
        command.SetAction(result => Run(result.GetValue(process), result.GetValue(seconds)));
        return command;
    }

    private static int Run(int process, int seconds)
    {
        Dictionary<string, string> interval =
            new(StringComparer.Ordinal) { ["EventCounterIntervalSec"] = "1" };
        EventPipeProvider[] providers =
        [
            new(RuntimeProvider, EventLevel.Informational, 0, interval),
            new(EngineCounters.Provider, EventLevel.Informational, 0, interval),
        ];
        CounterReadings readings = new();
        try
        {
            using EventPipeSession session =
                new DiagnosticsClient(process).StartEventPipeSession(providers, false);
            using EventPipeEventSource source = new(session.EventStream);
            source.Dynamic.All += traced =>
            {
                if (traced.EventName == "EventCounters")
                {
                    readings.Add(traced.ProviderName, traced.PayloadValue(0));
                }
            };
            using Timer end = new(_ => session.Stop(), null, 1000 * seconds, Timeout.Infinite);
            source.Process();
        }
        catch (ServerNotAvailableException)
        {
            throw new LoadException(
                $"process {process} has no diagnostics port: it is not an engine, or runs with "
                + "DOTNET_EnableDiagnostics=0");
        }

        readings.Write(Console.Out, RuntimeProvider);
        readings.Write(Console.Out, EngineCounters.Provider);
        readings.WriteStages(Console.Out);
        if (!readings.Has(EngineCounters.Provider))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"process {process} has no counters of {EngineCounters.Provider}"));
        }

        return 0;
    }
}
