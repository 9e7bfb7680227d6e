using System.Globalization;

namespace Slipway.Services;

/// <summary>
/// A process beside the engine, for as long as there are questions: started by the first one, and
/// again when it has ended, after a pause that grows while it does not live. What it was asked when
/// it ended has failed; nobody else notices.
/// </summary>
/// <param name="role">What it does.</param>
/// <param name="processes">Starts it; the caller's.</param>
/// <param name="report">Takes what a user should know, a line each; on any thread.</param>
public sealed class ResolverProcess(
    ResolverRole role, IResolverProcesses processes, Action<string> report) : IDisposable
{
    /// <summary>Questions that wait for it.</summary>
    private const int MaxPending = 1_024;

    private const long FirstPauseMs = 100;
    private const long LongestPauseMs = 10_000;

    // Who has lived for so long has not been ended by what it does all the time.
    private const long LongLifeMs = 60_000;
    private readonly Lock _lock = new();
    private ResolverConnection? _connection;
    private Task<ResolverConnection?>? _starting;
    private string? _endedWhy;
    private long _startedMs;
    private long _pauseMs;
    private long _notBeforeMs;
    private bool _isSaid;
    private bool _isDisposed;

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    public void Dispose()
    {
        ResolverConnection? connection;
        lock (_lock)
        {
            _isDisposed = true;
            connection = _connection;
            _connection = null;
        }

        connection?.Dispose();
    }

    /// <summary>The process as it runs; null where it cannot be started now.</summary>
    /// <exception cref="OperationCanceledException">It was not to be waited for.</exception>
    internal Task<ResolverConnection?> ConnectAsync(CancellationToken stop)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return Task.FromResult<ResolverConnection?>(null);
            }

            if (_connection is { HasEnded: false } connection)
            {
                return Task.FromResult<ResolverConnection?>(connection);
            }

            _starting ??= Task.Run(StartAsync);
            return _starting.WaitAsync(stop);
        }
    }

    private async Task<ResolverConnection?> StartAsync()
    {
        long pauseMs = Math.Max(0, _notBeforeMs - Environment.TickCount64);
        await Task.Delay(TimeSpan.FromMilliseconds(pauseMs)).ConfigureAwait(false);
        int descriptor = processes.Start(role, out int endedStatus);
        ResolverConnection? connection = null;
        lock (_lock)
        {
            _starting = null;
            _startedMs = Environment.TickCount64;
            if (descriptor >= 0)
            {
                Starts++;
                connection = new ResolverConnection(descriptor, MaxPending, OnEnded);
                _connection = connection;
            }
            else
            {
                Pause();
            }
        }

        Say(descriptor, endedStatus);
        if (_isDisposed)
        {
            connection?.Dispose();
        }

        return connection;
    }

    private void OnEnded(string reason)
    {
        lock (_lock)
        {
            _endedWhy = reason;
            Pause();
        }
    }

    private void Pause()
    {
        long now = Environment.TickCount64;
        if (now - _startedMs > LongLifeMs)
        {
            _pauseMs = 0;
            _isSaid = false;
        }

        _pauseMs = Math.Clamp(_pauseMs * 2, FirstPauseMs, LongestPauseMs);
        _notBeforeMs = now + _pauseMs;
    }

    // Once for a series of ends.
    private void Say(int descriptor, int endedStatus)
    {
        string? why;
        lock (_lock)
        {
            why = descriptor < 0 ? string.Create(
                    CultureInfo.InvariantCulture, $"cannot be started (errno {-descriptor})")
                : _endedWhy is null ? null : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_endedWhy} (status {endedStatus}) and is started again");
            if (why is null || _isSaid)
            {
                return;
            }

            _isSaid = true;
        }

        report((role == ResolverRole.Names ? "the process that asks the host's resolver "
            : "the process that runs PAC files ") + why);
    }
}
