using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Slipway.Stack;

namespace Slipway.Engine.Tests;

public class EngineEventSourceTests
{
    [Fact]
    public void EventSource_ItsEvents_AreWellFormed() =>
        Assert.Null(EngineEventSource.Log.ConstructionException);

    [Fact]
    public void EventSource_ListenerAttached_TellsCountersAndStages()
    {
        Counters counters = new();
        TurnClock clock = new();
        EngineEventSource.Log.Attach(() => counters, clock);
        Assert.False(clock.IsWanted);
        using CounterListener listener = new();
        listener.EnableEvents(
            EngineEventSource.Log, EventLevel.Informational, EventKeywords.None,
            new Dictionary<string, string?> { ["EventCounterIntervalSec"] = "0.05" });
        Assert.True(clock.IsWanted);

        long end = Environment.TickCount64 + 10_000;
        while (listener.Increments.GetValueOrDefault("frames-received") == 0
            || listener.Increments.GetValueOrDefault("turn-timers") == 0
            || listener.Increments.GetValueOrDefault("turn-timers-p50") == 0)
        {
            Assert.True(Environment.TickCount64 < end, string.Join(' ', listener.Increments.Keys));
            counters.FramesReceived++;
            clock.BeginTurn();
            clock.End(TurnStage.Timers);
            Thread.Sleep(1);
        }

        Assert.True(listener.Increments["turn-timers-max"] > 0);
    }

    [Fact]
    public void Clock_WantedAnew_ForgetsTheTurnsBefore()
    {
        TurnClock clock = new();
        clock.BeginTurn();
        clock.End(TurnStage.Host);
        Assert.Equal(0, clock.Histogram(TurnStage.Host).Longest); // nobody looked
        for (int i = 0; i < 2; i++)
        {
            clock.IsWanted = true;
            clock.BeginTurn();
            Assert.Equal(0, clock.Histogram(TurnStage.Host).Longest);
            clock.End(TurnStage.Host);
            Assert.True(clock.Histogram(TurnStage.Host).Longest > 0);
            clock.IsWanted = false;
            clock.BeginTurn();
        }
    }

    private sealed class CounterListener : EventListener
    {
        public ConcurrentDictionary<string, double> Increments { get; } = [];

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "EventCounters"
                && eventData.Payload?[0] is IDictionary<string, object> counter)
            {
                Increments[(string)counter["Name"]] = (double)(
                    counter.TryGetValue("Increment", out object? grown) ? grown : counter["Mean"]);
            }
        }
    }
}
