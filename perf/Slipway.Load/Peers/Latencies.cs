using System.Diagnostics;

namespace Slipway.Load.Peers;

/// <summary>Latencies of a run, from several threads; none in the first moments.</summary>
internal sealed class Latencies
{
    /// <summary>Until then the generator itself is still being compiled.</summary>
    private const double WarmUpSeconds = 0.3;

    private const int MostPerSecond = 200_000;

    private readonly uint[] _nanoseconds;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly double _seconds;
    private int _count;
    private int _errors;

    public Latencies(TimeSpan time)
    {
        _seconds = time.TotalSeconds;
        _nanoseconds = new uint[(int)Math.Ceiling(_seconds * MostPerSecond)];
        Array.Fill(_nanoseconds, 1u); // touched now, not when measuring
    }

    public bool IsRunning => Elapsed < WarmUpSeconds + _seconds;

    private double Elapsed => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    public void Add(long startTimestamp)
    {
        if (Elapsed < WarmUpSeconds)
        {
            return;
        }

        int index = Interlocked.Increment(ref _count) - 1;
        if (index < _nanoseconds.Length)
        {
            _nanoseconds[index] =
                (uint)Math.Min(uint.MaxValue, Stopwatch.GetElapsedTime(startTimestamp)
                    .TotalNanoseconds);
        }
    }

    public void AddError() => Interlocked.Increment(ref _errors);

    public Dictionary<string, double> Report()
    {
        double elapsed = Math.Max(0.001, Elapsed - WarmUpSeconds);
        int kept = Math.Min(_count, _nanoseconds.Length);
        Array.Sort(_nanoseconds, 0, kept);
        return new()
        {
            ["rate"] = _count / elapsed,
            ["errors"] = _errors,
            ["p50us"] = kept == 0 ? 0 : _nanoseconds[kept / 2] / 1e3,
            ["p99us"] = kept == 0 ? 0 : _nanoseconds[(int)(kept * 0.99)] / 1e3,
        };
    }
}
