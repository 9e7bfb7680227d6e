using System.Diagnostics.Tracing;
using Slipway.Stack;

namespace Slipway.Engine;

/// <summary>
/// The engine's counters for dotnet-counters and its kin, by the name Slipway-Engine. Costs little
/// until one of them attaches. Of several engines in a process, the last that was started is shown.
/// </summary>
/// <remarks>
/// A stage of the turn is told as the milliseconds that it took in a second, and as percentiles of
/// how long it took in single turns since the first listener came; all others are what was added in
/// a second. Without EventSourceSupport in the executable there is nothing to attach to. A method
/// that returns nothing would be an event unless it is marked.
/// </remarks>
[EventSource(Name = "Slipway-Engine")]
internal sealed class EngineEventSource : EventSource
{
    public static readonly EngineEventSource Log = new();

    private readonly List<DiagnosticCounter> _counters = [];
    private Func<Counters> _source = static () => new Counters();
    private TurnClock _clock = new();

    /// <summary>Shows this engine from now on.</summary>
    [NonEvent]
    public void Attach(Func<Counters> source, TurnClock clock)
    {
        _source = source;
        _clock = clock;
        clock.IsWanted = IsEnabled();
    }

    protected override void OnEventCommand(EventCommandEventArgs command)
    {
        if (command.Command == EventCommand.Enable && _counters.Count == 0)
        {
            AddCounters();
        }

        _clock.IsWanted = IsEnabled();
    }

    protected override void Dispose(bool disposing)
    {
        foreach (DiagnosticCounter counter in _counters)
        {
            counter.Dispose();
        }

        base.Dispose(disposing);
    }

    [NonEvent]
    private void AddCounters()
    {
        foreach (TurnStage stage in Enum.GetValues<TurnStage>())
        {
            string name = $"turn-{stage.ToString().ToLowerInvariant()}";
            Add(name, "ms", () => _clock.Milliseconds(stage));
            AddLevel($"{name}-p50", () => _clock.Histogram(stage).Percentile(0.5));
            AddLevel($"{name}-p90", () => _clock.Histogram(stage).Percentile(0.9));
            AddLevel($"{name}-p99", () => _clock.Histogram(stage).Percentile(0.99));
            AddLevel($"{name}-max", () => _clock.Histogram(stage).Longest);
        }

        Add("frames-received", "frames", () => _source().FramesReceived);
        Add("frames-sent", "frames", () => _source().FramesSent);
        Add("bytes-received", "B", () => _source().BytesReceived);
        Add("bytes-sent", "B", () => _source().BytesSent);
        Add("tcp-flows-opened", "flows", () => _source().TcpFlowsOpened);
        Add("tcp-segments-retransmitted", "segments", () => _source().TcpSegmentsRetransmitted);
        Add("udp-flows-opened", "flows", () => _source().UdpFlowsOpened);
        Add("frames-dropped", "frames", Dropped);
    }

    [NonEvent]
    private void Add(string name, string unit, Func<double> total) =>
        _counters.Add(new IncrementingPollingCounter(name, this, total) { DisplayUnits = unit });

    // Of single turns, in microseconds.
    [NonEvent]
    private void AddLevel(string name, Func<long> nanoseconds) =>
        _counters.Add(new PollingCounter(name, this, () => nanoseconds() / 1e3)
        {
            DisplayUnits = "us",
        });

    private double Dropped()
    {
        Counters counters = _source();
        double sum = 0;
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            sum += counters.Dropped(reason);
        }

        return sum;
    }
}
