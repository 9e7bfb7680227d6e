using System.Globalization;
using Slipway.Engine;

namespace Slipway;

/// <summary>
/// Tells systemd that the engine takes turns (WatchdogSec= of its unit, sd_watchdog_enabled(3)),
/// and what it does. Without a watchdog it does nothing and costs nothing.
/// </summary>
/// <remarks>
/// Each time something is done between two turns, and only then is it told: of an engine whose
/// turn does not end nothing is heard, and systemd starts it anew.
/// </remarks>
internal sealed class ServiceWatch : IDisposable
{
    private const long LongestMicroseconds = 24L * 3600 * 1_000_000;

    private readonly NetworkEngine _engine;
    private readonly IEngineLog _log;
    private readonly Timer? _timer;
    private int _isTelling;

    public ServiceWatch(NetworkEngine engine, IEngineLog log)
    {
        _engine = engine;
        _log = log;
        if (PeriodMicroseconds() is long period)
        {
            // Half of it, as the manual page advises.
            TimeSpan half = TimeSpan.FromMicroseconds(period / 2.0);
            _timer = new Timer(_ => Tell(), null, half, half);
        }
    }

    public void Dispose() => _timer?.Dispose();

    // Null where there is none, or it is another process's.
    private static long? PeriodMicroseconds()
    {
        string? process = Environment.GetEnvironmentVariable("WATCHDOG_PID");
        return (string.IsNullOrEmpty(process) || process == Environment.ProcessId.ToString(
                CultureInfo.InvariantCulture))
            && long.TryParse(
                Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None,
                CultureInfo.InvariantCulture, out long period)
            && period is >= 2 and <= LongestMicroseconds
            ? period : null;
    }

    private void Tell()
    {
        if (Interlocked.Exchange(ref _isTelling, 1) == 1)
        {
            return; // the turn that was asked then has not ended
        }

        try
        {
            _engine.Invoke(_ => { });
            ReadySignal.Notify(
                $"WATCHDOG=1\nSTATUS={_engine.ListFlows().Count} flows, "
                    + $"{_engine.ListLeases().Count} leases, "
                    + $"{_engine.PublishedPorts.Count} published ports", _log);
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            _timer?.Change(Timeout.Infinite, Timeout.Infinite); // the engine has ended
        }
        finally
        {
            Volatile.Write(ref _isTelling, 0);
        }
    }
}
