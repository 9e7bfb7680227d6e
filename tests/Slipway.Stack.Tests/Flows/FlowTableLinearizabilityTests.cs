using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Flows;

/// <summary>
/// Readers see the table as if each call took effect at one instant: one thread adds, removes,
/// replaces, and makes it grow; others look; afterwards each look is checked against what the
/// writer did.
/// </summary>
public class FlowTableLinearizabilityTests
{
    private const int Rounds = 8;
    private const int Readers = 3;
    private const int Keys = 300;
    private const int MostReads = 100_000;
    private const int RoundMs = 300;

    private readonly RegisterHistory[] _histories = new RegisterHistory[Keys];
    private FlowTable<Flow> _table = new(Keys, default);
    private int _versions;
    private int _reading;
    private long _counter;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Reads_BesideAWriter_AreLinearizable(int seed)
    {
        for (int round = 0; round < Rounds / 2; round++)
        {
            // Small tables are dense: most changes shift entries that readers look for.
            Check(seed + (100 * round), round % 2 == 0 ? 24 : Keys);
        }
    }

    private void Check(int seed, int keys)
    {
        _table = new FlowTable<Flow>(keys, new Seed128((ulong)seed, 7));
        for (int key = 0; key < Keys; key++)
        {
            _histories[key] = new RegisterHistory();
        }

        List<TableRead>[] reads = [.. Enumerable.Range(0, Readers)
            .Select(_ => new List<TableRead>(MostReads))];
        List<string> torn = [];
        _reading = Readers;
        Thread[] threads = [.. reads.Select((list, reader) => new Thread(
            () => Read(new Random(seed + reader), keys, list, torn)))];
        Array.ForEach(threads, thread => thread.Start());
        Write(new Random(seed), keys);
        Array.ForEach(threads, thread => thread.Join());

        Assert.Empty(torn);
        int checkedReads = 0;
        foreach (IGrouping<int, TableRead> ofKey in reads.SelectMany(list => list)
            .GroupBy(read => read.Key))
        {
            TableRead? fault = _histories[ofKey.Key].FindFault(ofKey);
            Assert.True(fault is null, $"seed {seed}: no order of events explains {fault}");
            checkedReads += ofKey.Count();
        }

        Assert.True(checkedReads > 1_000, $"only {checkedReads} reads");
        Assert.True(_versions > 1_000, $"only {_versions} flows");
    }

    private void Write(Random random, int keys)
    {
        long end = Environment.TickCount64 + RoundMs;

        // More and more keys, so that the table grows while it is read.
        for (int i = 0; Volatile.Read(ref _reading) > 0 && Environment.TickCount64 < end; i++)
        {
            int key = random.Next(Math.Min(keys, 8 + (i / 32)));
            if (!TryRemove(key) || random.Next(3) == 0)
            {
                Add(key);
            }
        }

        Volatile.Write(ref _reading, 0);
    }

    private bool TryRemove(int key)
    {
        long start = Interlocked.Increment(ref _counter);
        bool removed = _table.Remove(KeyOf(key));
        long end = Interlocked.Increment(ref _counter);
        if (removed)
        {
            _histories[key].Add(0, start, end);
        }

        return removed;
    }

    private void Add(int key)
    {
        Flow flow = new(KeyOf(key), ++_versions);
        long start = Interlocked.Increment(ref _counter);
        bool added = _table.TryAdd(flow.Key, flow);
        long end = Interlocked.Increment(ref _counter);
        Assert.True(added);
        _histories[key].Add(flow.Version, start, end);
    }

    private void Read(Random random, int keys, List<TableRead> reads, List<string> torn)
    {
        while (reads.Count < MostReads && Volatile.Read(ref _reading) > 0)
        {
            // Mostly the few keys that are there from the beginning: they change most often.
            int number = random.Next(random.Next(4) > 0 ? 8 : keys);
            FlowKey key = KeyOf(number);
            long start = Interlocked.Increment(ref _counter);
            Flow? flow = _table.Find(key);
            long end = Interlocked.Increment(ref _counter);
            reads.Add(new TableRead(number, flow?.Version ?? 0, start, end));
            if (flow is not null && flow.Key != key)
            {
                lock (torn)
                {
                    torn.Add($"{flow} was found for {key}");
                }
            }
        }

        Interlocked.Decrement(ref _reading);
    }

    // Every second key is one of IPv6, whose parts all differ.
    private static FlowKey KeyOf(int number)
    {
        IpEndpoint remote = number % 2 == 0
            ? new(VirtualNetwork.Far, (ushort)number)
            : new(new IpAddress(0x2001_0db8ul << 32, (ulong)number), (ushort)number);
        IpEndpoint guest = number % 2 == 0
            ? new(VirtualNetwork.Guest, (ushort)~number)
            : new(new IpAddress(0xfd5aul << 48, ~(ulong)number), (ushort)~number);
        return new FlowKey(guest, remote, IpProtocol.Tcp);
    }

    private sealed record Flow(FlowKey Key, int Version);
}
