using System.ComponentModel;
using System.Diagnostics;

namespace Slipway.Services;

/// <summary>
/// A `gsettings monitor` of one schema, started again when it ends. It has a thread of its own: a
/// child's death signal (prctl(2), PR_SET_PDEATHSIG) comes when the thread that made it ends, so
/// that no monitor stays when the engine is killed.
/// </summary>
internal sealed class SettingsMonitor : IDisposable
{
    private const string DeathSignal = "/usr/bin/setpriv";
    private const int StackBytes = 128 << 10;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan GoodRun = TimeSpan.FromSeconds(30);
    private readonly string _schema;
    private readonly Func<SettingsMonitor, bool> _changed;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _lock = new();
    private Process? _process;
    private bool _isStopped;

    /// <param name="command">Path of gsettings.</param>
    /// <param name="schema">Whose keys are followed.</param>
    /// <param name="changed">Reads the settings; false ends the following.</param>
    public SettingsMonitor(string command, string schema, Func<SettingsMonitor, bool> changed)
    {
        Command = command;
        _schema = schema;
        _changed = changed;
    }

    public string Command { get; }

    public void Start() => new Thread(Run, StackBytes)
    {
        IsBackground = true,
        Name = "desktop proxy",
    }.Start();

    public void Dispose()
    {
        lock (_lock)
        {
            _isStopped = true;
            _stop.Set();
            Kill();
        }
    }

    private void Run()
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            long began = Stopwatch.GetTimestamp();
            if (!Follow())
            {
                return;
            }

            pause = Stopwatch.GetElapsedTime(began) > GoodRun ? FirstPause : pause;
            if (_stop.Wait(pause))
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>False where it is not to be tried again.</returns>
    private bool Follow()
    {
        Process? process = Launch();
        if (process is null)
        {
            return false;
        }

        using (process)
        {
            try
            {
                bool isWanted = _changed(this);

                // What changed while gsettings was not listening yet is found a moment later.
                using Timer again = new(
                    _ => _changed(this), null, SettleTime, Timeout.InfiniteTimeSpan);
                while (isWanted && process.StandardOutput.ReadLine() is not null)
                {
                    isWanted = _changed(this);
                }

                return isWanted && !_stop.IsSet;
            }
            catch (IOException)
            {
                return !_stop.IsSet;
            }
            finally
            {
                lock (_lock)
                {
                    Kill();
                    _process = null;
                }
            }
        }
    }

    private Process? Launch()
    {
        string[] arguments = File.Exists(DeathSignal)
            ? [DeathSignal, "--pdeathsig", "TERM", Command, "monitor", _schema]
            : [Command, "monitor", _schema];
        ProcessStartInfo start = new(arguments[0], arguments[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        lock (_lock)
        {
            if (_isStopped)
            {
                return null;
            }

            try
            {
                _process = Process.Start(start);
            }
            catch (Win32Exception)
            {
                return null;
            }

            // What it has to say about a missing bus helps nobody, and must not fill a pipe.
            _process?.BeginErrorReadLine();
            _process?.StandardInput.Close();
            return _process;
        }
    }

    private void Kill()
    {
        try
        {
            _process?.Kill();
        }
        catch (InvalidOperationException)
        {
            _process = null;
        }
    }
}
