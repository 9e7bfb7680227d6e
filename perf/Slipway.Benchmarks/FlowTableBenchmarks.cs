using System.Collections.Concurrent;
using BenchmarkDotNet.Attributes;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Benchmarks;

/// <summary>
/// Finding a flow by its key, in random order. FlowTable hashes under a secret key and lets any
/// thread read without a lock; Dictionary does neither, ConcurrentDictionary only the second.
/// </summary>
public class FlowTableBenchmarks
{
    private const int Operations = 4096;

    private FlowTable<object> _table = new(1, default);
    private Dictionary<FlowKey, object> _dictionary = [];
    private ConcurrentDictionary<FlowKey, object> _concurrent = [];
    private FlowKey[] _wanted = [];

    [Params(1, 1_000, 100_000, 1_000_000)]
    public int Flows { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _table = new FlowTable<object>(Flows, new Seed128(1, 2));
        _dictionary = new Dictionary<FlowKey, object>(Flows);
        _concurrent = new ConcurrentDictionary<FlowKey, object>(1, Flows);
        object flow = new();
        for (int i = 0; i < Flows; i++)
        {
            FlowKey key = Key(i);
            _table.TryAdd(key, flow);
            _dictionary.Add(key, flow);
            _concurrent.TryAdd(key, flow);
        }

        Random random = new(1);
        _wanted = new FlowKey[Operations];
        for (int i = 0; i < Operations; i++)
        {
            _wanted[i] = Key(random.Next(Flows));
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    public ulong FlowTable()
    {
        ulong found = 0;
        foreach (ref readonly FlowKey key in _wanted.AsSpan())
        {
            found += _table.Find(key) is not null ? 1u : 0;
        }

        return Require(found);
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong Dictionary()
    {
        ulong found = 0;
        foreach (ref readonly FlowKey key in _wanted.AsSpan())
        {
            found += _dictionary.TryGetValue(key, out _) ? 1u : 0;
        }

        return Require(found);
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong ConcurrentDictionary()
    {
        ulong found = 0;
        foreach (ref readonly FlowKey key in _wanted.AsSpan())
        {
            found += _concurrent.TryGetValue(key, out _) ? 1u : 0;
        }

        return Require(found);
    }

    // Guests' ports and remote addresses as a busy guest has them: many of both.
    private static FlowKey Key(int number) => new(
        new IpEndpoint(IpAddress.FromIPv4(0xc0a87f02), (ushort)(10000 + (number % 50000))),
        new IpEndpoint(IpAddress.FromIPv4(0xc0000200 + ((uint)number / 50000)), 443),
        IpProtocol.Tcp);

    private static ulong Require(ulong found) => found == Operations ? found
        : throw new InvalidOperationException($"{found} of {Operations} flows were found");
}
