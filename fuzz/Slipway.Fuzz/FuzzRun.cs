using System.Diagnostics;
using System.Security.Cryptography;

namespace Slipway.Fuzz;

/// <summary>
/// Executes a target with its corpus, and then with what mutation makes of it, until the time is
/// over. An input that takes a branch as none before is kept and mutated further.
/// </summary>
internal sealed class FuzzRun(
    FuzzTarget target, IReadOnlyList<string> corpora, string findings, int seed)
{
    /// <summary>
    /// An execution that takes more of the processor hangs: each is a matter of microseconds.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>One that waits for something hangs, too; a busy machine does not.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    /// <summary>What one execution may allocate, in bytes, whatever its input says.</summary>
    private const long MostAllocatedBytes = 64 << 20;

    private readonly CoverageMap _coverage = new();
    private readonly List<byte[]> _inputs = [];
    private readonly Lock _lock = new();
    private byte[] _current = [];
    private long _begun;
    private long _watched;
    private TimeSpan _usedBefore;

    public long Executions { get; private set; }

    public int Edges => _coverage.Edges;

    /// <summary>Inputs that are kept.</summary>
    public int Inputs => _inputs.Count;

    /// <summary>Runs; false when there is a finding, which is told and kept.</summary>
    /// <param name="time">How long mutation goes on; the corpus is executed in any case.</param>
    /// <param name="most">Executions.</param>
    public bool Run(TimeSpan time, long most)
    {
        using Timer watchdog = new(
            _ => Watch(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        foreach (byte[] input in Corpus())
        {
            if (!Execute(input))
            {
                return false;
            }
        }

        Random random = new(seed);
        Mutator mutator = new(random, target);
        Stopwatch clock = Stopwatch.StartNew();
        while (clock.Elapsed < time && Executions < most)
        {
            byte[] input = _inputs[random.Next(_inputs.Count)];
            byte[] other = _inputs[random.Next(_inputs.Count)];
            if (!Execute(mutator.Mutate(input, other)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Executes what the corpus has, and then what is offered.</summary>
    /// <returns>What did something new of that; null when there is a finding.</returns>
    public IReadOnlyList<byte[]>? Learn(IReadOnlyList<byte[]> offered)
    {
        if (!Corpus().All(input => Execute(input)))
        {
            return null;
        }

        int known = _inputs.Count;
        return offered.Where(input => input.Length <= target.MaximumBytes)
            .All(input => Execute(input)) ? _inputs[known..] : null;
    }

    private IEnumerable<byte[]> Corpus()
    {
        yield return [];
        foreach (byte[] input in target.Seeds)
        {
            yield return input;
        }

        foreach (string path in corpora.Where(Directory.Exists).SelectMany(
            folder => Directory.GetFiles(folder).Order(StringComparer.Ordinal)))
        {
            yield return File.ReadAllBytes(path);
        }
    }

    private bool Execute(ReadOnlySpan<byte> input)
    {
        lock (_lock)
        {
            _current = input.Length == _current.Length ? _current : new byte[input.Length];
            input.CopyTo(_current);
            _begun = Stopwatch.GetTimestamp();
        }

        _coverage.Begin();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Body(input);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            FuzzFaultException.If(
                allocated > MostAllocatedBytes, $"it allocated {allocated} bytes");
        }
        catch (Exception e)
        {
            Keep("finding", input.ToArray(), e.ToString());
            return false;
        }

        Executions++;
        if (_coverage.Add() || _inputs.Count == 0)
        {
            _inputs.Add(input.ToArray());
        }

        return true;
    }

    private void Watch()
    {
        lock (_lock)
        {
            TimeSpan used = Environment.CpuUsage.TotalTime;
            if (_begun != _watched)
            {
                (_watched, _usedBefore) = (_begun, used);
            }
            else if (_begun != 0 && (used - _usedBefore > Patience
                || Stopwatch.GetElapsedTime(_begun) > LongestWait))
            {
                Keep("hang", _current, $"an execution takes more than {Patience}");
                Environment.Exit(3);
            }
        }
    }

    private void Keep(string kind, byte[] input, string what)
    {
        Directory.CreateDirectory(findings);
        string hash = Convert.ToHexStringLower(SHA256.HashData(input))[..12];
        string name = $"{target.Name}-{kind}-{hash}";
        string path = Path.Combine(findings, name);
        File.WriteAllBytes(path, input);
        Console.Error.WriteLine($"{target.Name}: {what}");
        Console.Error.WriteLine($"{target.Name}: the input ({input.Length} bytes) is in {path}; "
            + $"again: fuzz/run.sh replay {target.Name} {path}");
    }

    /// <summary>Writes what is worth keeping to the corpus' folder.</summary>
    public void Save(string folder) => Save(folder, _inputs);

    /// <summary>The same of some inputs.</summary>
    public static void Save(string folder, IReadOnlyList<byte[]> inputs)
    {
        Directory.CreateDirectory(folder);
        foreach (byte[] input in inputs)
        {
            string name = Convert.ToHexStringLower(SHA256.HashData(input))[..16];
            File.WriteAllBytes(Path.Combine(folder, name), input);
        }
    }
}
