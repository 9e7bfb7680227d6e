using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Linux;
using Slipway.Load.Site;

namespace Slipway.Load.Soak;

/// <summary>
/// What an engine has allocated since its start, and how often it has collected garbage, as it says
/// on SIGUSR1. Exact, and without a diagnostics session, which allocates by itself.
/// </summary>
internal sealed partial record HeapReading(long AllocatedBytes, int Collections, long TcpFlows)
{
    private const int UserSignal1 = 10; // signal(7)
    private const int PatienceMs = 5_000;

    /// <exception cref="LoadException">It does not answer.</exception>
    public static HeapReading Of(RunningProgram engine)
    {
        int before = Report().Count(engine.Errors);
        _ = ChildProcess.Signal(engine.Id, UserSignal1);
        for (long end = Environment.TickCount64 + PatienceMs; Environment.TickCount64 < end;)
        {
            MatchCollection reports = Report().Matches(engine.Errors);
            if (reports.Count > before)
            {
                return new HeapReading(
                    Number(reports[^1], 1), (int)Number(reports[^1], 2), Number(reports[^1], 3));
            }

            Thread.Sleep(20);
        }

        throw new LoadException($"the engine does not tell its counters: {engine.Errors}");
    }

    [GeneratedRegex(@"allocated (\d+) bytes, collections (\d+);.* TCP flows (\d+)")]
    private static partial Regex Report();

    private static long Number(Match match, int group) =>
        long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
}
