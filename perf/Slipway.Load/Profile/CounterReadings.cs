using System.Globalization;

namespace Slipway.Load.Profile;

/// <summary>The last value of each counter, and the highest that was seen.</summary>
internal sealed class CounterReadings
{
    private readonly Dictionary<(string Provider, string Name), Reading> _readings = [];

    public bool Has(string provider) => _readings.Keys.Any(key => key.Provider == provider);

    /// <summary>Adds an event "EventCounters": its only field is a map named Payload.</summary>
    public void Add(string provider, object payload)
    {
        if (payload is not IDictionary<string, object> outer
            || outer["Payload"] is not IDictionary<string, object> counter)
        {
            return;
        }

        // A counter tells its mean, one that only grows its increase.
        bool grows = counter.TryGetValue("Increment", out object? value);
        double number = Convert.ToDouble(
            grows ? value : counter["Mean"], CultureInfo.InvariantCulture);
        string name = (string)counter["Name"];
        string unit = counter.TryGetValue("DisplayUnits", out object? units) ? $"{units}" : "";
        double highest = _readings.TryGetValue((provider, name), out Reading? known)
            ? Math.Max(known.Highest, number) : number;
        _readings[(provider, name)] = new(number, highest, grows ? $"{unit}/s" : unit);
    }

    /// <summary>
    /// Writes the stages of a turn: their share of the last second, and how long they took in
    /// single turns.
    /// </summary>
    public void WriteStages(TextWriter output)
    {
        string[] heads = ["ms/s", "p50 us", "p90 us", "p99 us", "max us"];
        output.WriteLine(
            $"\n{"stage of the turn",-20}{string.Concat(heads.Select(head => $" {head,9}"))}");
        foreach (string stage in EngineCounters.Stages)
        {
            string[] names = [stage, .. EngineCounters.Levels.Select(level => stage + level)];
            IEnumerable<string> cells = names.Select(name =>
                _readings.TryGetValue((EngineCounters.Provider, name), out Reading? reading)
                    ? reading.Last.ToString("N1", CultureInfo.InvariantCulture) : "-");
            output.WriteLine($"{stage,-20}{string.Concat(cells.Select(cell => $" {cell,9}"))}");
        }
    }

    /// <summary>Writes the counters of a provider, but for the stages.</summary>
    public void Write(TextWriter output, string provider)
    {
        output.WriteLine($"\n{provider,-40} {"last",14} {"highest",14}");
        foreach (((_, string name), Reading reading) in _readings
            .Where(one => one.Key.Provider == provider)
            .Where(one => !EngineCounters.IsOfStage(one.Key.Name))
            .OrderBy(one => one.Key.Name, StringComparer.Ordinal))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-40} {reading.Last,14:N2} {reading.Highest,14:N2} {reading.Unit}"));
        }
    }

    private sealed record Reading(double Last, double Highest, string Unit);
}
