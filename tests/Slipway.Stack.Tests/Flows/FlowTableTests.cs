using Slipway.Testing;
using Slipway.Wire;

namespace Slipway.Stack.Tests.Flows;

public class FlowTableTests
{
    private static readonly Seed128 Seed = VirtualNetwork.Settings.Seed;

    [Fact]
    public void Flow_Added_IsFoundByItsWholeKey()
    {
        FlowTable<object> table = new(16, Seed);
        object flow = new();
        Assert.True(table.TryAdd(Key(1), flow));
        Assert.Same(flow, table.Find(Key(1)));
        Assert.Null(table.Find(Key(2)));
        Assert.Null(table.Find(Key(1) with { Protocol = IpProtocol.Udp }));
        Assert.Null(table.Find(new FlowKey(Key(1).Remote, Key(1).Guest, IpProtocol.Tcp)));
        Assert.False(table.TryAdd(Key(1), new object()));
    }

    [Fact]
    public void Table_AtItsCapacity_RefusesMore()
    {
        FlowTable<object> table = new(100, Seed);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(table.TryAdd(Key(i), new object()));
        }

        Assert.False(table.TryAdd(Key(100), new object()));
        Assert.True(table.Remove(Key(50)));
        Assert.True(table.TryAdd(Key(100), new object()));
    }

    [Fact]
    public void Key_OfIPv6_IsDistinctInEachPart()
    {
        FlowTable<object> table = new(16, Seed);
        FlowKey key = new(
            new IpEndpoint(IpAddress.Parse("fd00::1"), 1),
            new IpEndpoint(IpAddress.Parse("fd00::2"), 2), IpProtocol.Tcp);
        table.TryAdd(key, key);
        Assert.NotNull(table.Find(key));
        Assert.Null(table.Find(key with { Guest = new IpEndpoint(IpAddress.Parse("fd01::1"), 1) }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Table_AgainstADictionary_HoldsTheSame(int seed)
    {
        Random random = new(seed);
        FlowTable<object> table = new(500, Seed);
        Dictionary<FlowKey, object> model = [];
        for (int i = 0; i < 100_000; i++)
        {
            FlowKey key = Key(random.Next(800));
            if (random.Next(2) == 0)
            {
                object flow = new();
                bool expected = model.Count < 500 && model.TryAdd(key, flow);
                Assert.Equal(expected, table.TryAdd(key, flow));
            }
            else
            {
                Assert.Equal(model.Remove(key), table.Remove(key));
            }

            FlowKey probe = Key(random.Next(800));
            Assert.Same(model.GetValueOrDefault(probe), table.Find(probe));
        }

        object?[] copy = new object?[600];
        int count = table.CopyTo(copy);
        Assert.Equal(model.Count, table.Count);
        Assert.True(model.Values.ToHashSet().SetEquals(copy.Take(count)!));
    }

    [Fact]
    public void Readers_WhileTheWriterChangesTheTable_AlwaysFindWhatStays()
    {
        FlowTable<Flow> table = new(4_096, Seed);
        for (int i = 0; i < 64; i++)
        {
            table.TryAdd(Key(i), new Flow(Key(i)));
        }

        using CancellationTokenSource stop = new();
        long reads = 0;
        Exception? fault = null;
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(_ => new Thread(Read))];
        Array.ForEach(readers, thread => thread.Start());
        Random random = new(1);
        DateTime end = DateTime.UtcNow.AddMilliseconds(700);
        while (DateTime.UtcNow < end || (Interlocked.Read(ref reads) < 1_000 && fault is null))
        {
            for (int i = 0; i < 500; i++)
            {
                FlowKey key = Key(64 + random.Next(3_000));
                if (!table.Remove(key))
                {
                    table.TryAdd(key, new Flow(key));
                }
            }
        }

        stop.Cancel();
        Array.ForEach(readers, thread => thread.Join());
        Assert.Null(fault);

        void Read()
        {
            Flow?[] copy = new Flow?[64];
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                FlowKey stays = Key(i % 64);
                FlowKey moves = Key(64 + (i % 3_000));
                if (table.Find(stays)?.Key != stays
                    || (table.Find(moves) is Flow flow && flow.Key != moves))
                {
                    fault = new ExpectationException(
                        $"flow {i % 64} was lost, or another one found");
                    return;
                }

                table.CopyTo(copy);
                Interlocked.Increment(ref reads);
            }
        }
    }

    [Fact]
    public void Table_InSteadyState_AllocatesNothing()
    {
        FlowTable<object> table = new(1_000, Seed);
        object flow = new();
        int i = 0;
        SteadyState.AllocatesNothing(1_500, () =>
        {
            table.TryAdd(Key(i), flow);
            table.Find(Key(i));
            if (i >= 900)
            {
                table.Remove(Key(i - 900));
            }

            i++;
        });
        Assert.Equal(900, table.Count);
    }

    private static FlowKey Key(int number) => new(
        new IpEndpoint(VirtualNetwork.Guest, (ushort)number),
        new IpEndpoint(VirtualNetwork.Far, (ushort)(number >> 16)), IpProtocol.Tcp);

    private sealed record Flow(FlowKey Key);
}
