using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace Slipway.Benchmarks;

/// <summary>
/// Runs the benchmarks by their attributes with a stopwatch, so that code compiled ahead of time
/// can be measured: BenchmarkDotNet generates code at run time.
/// </summary>
/// <remarks>
/// Knows [Params] on one property, [GlobalSetup], and [Benchmark] with OperationsPerInvoke on
/// methods that return ulong. A sample lasts about <see cref="SampleMs"/>; the median of
/// <see cref="Samples"/> is told, and the fastest and slowest of them. A call of the delegate is
/// part of the time, a nanosecond or two over all operations of an invocation.
/// </remarks>
/// <param name="filter">Part of the name of what shall run; empty for all.</param>
/// <param name="output">Where the table goes.</param>
internal sealed class StopwatchRunner(string filter, TextWriter output)
{
    private const int Samples = 9;
    private const int SampleMs = 40;

    private static string Kind => RuntimeFeature.IsDynamicCodeSupported ? "JIT" : "Native AOT";

    /// <summary>Where and how the figures were taken.</summary>
    public void WriteHead()
    {
        const string model = "/proc/cpuinfo";
        string processor = File.Exists(model)
            ? File.ReadLines(model)
                .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                ?.Split(':')[1].Trim() ?? "unknown"
            : "unknown";
        output.WriteLine("# Inner loops\n");
        output.WriteLine("Written by Slipway.Benchmarks; nanoseconds an operation, the median of "
            + $"{Samples} samples,\nthe fastest and the slowest.\n");
        output.WriteLine($"- {RuntimeInformation.FrameworkDescription}, {Kind}");
        output.WriteLine($"- {RuntimeInformation.OSDescription}, {processor}");
    }

    public void Run<[DynamicallyAccessedMembers(
        DynamicallyAccessedMemberTypes.PublicMethods
        | DynamicallyAccessedMemberTypes.PublicProperties
        | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>()
        where T : class, new()
    {
        MethodInfo[] methods = typeof(T).GetMethods();
        MethodInfo? setUp = Array.Find(
            methods, method => method.IsDefined(typeof(GlobalSetupAttribute)));
        PropertyInfo parameter = Array.Find(
            typeof(T).GetProperties(), property => property.IsDefined(typeof(ParamsAttribute)))!;
        MethodInfo[] wanted = Array.FindAll(methods, method =>
            method.IsDefined(typeof(BenchmarkAttribute))
            && $"{typeof(T).Name}.{method.Name}".Contains(filter, StringComparison.Ordinal));
        if (wanted.Length == 0)
        {
            return;
        }

        output.WriteLine($"\n| {typeof(T).Name} | {parameter.Name} | ns | range |");
        output.WriteLine("|---|---:|---:|---:|");
        foreach (object? value in parameter.GetCustomAttribute<ParamsAttribute>()!.Values)
        {
            T subject = new();
            parameter.SetValue(subject, value);
            setUp?.Invoke(subject, null);
            foreach (MethodInfo method in wanted)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {method.Name} | {value} | {Measure(subject, method)} |"));
            }
        }
    }

    private static string Measure(object subject, MethodInfo method)
    {
        int operations = method.GetCustomAttribute<BenchmarkAttribute>()!.OperationsPerInvoke;
        Func<ulong> invoke = method.CreateDelegate<Func<ulong>>(subject);
        long invocations = Calibrate(invoke);
        double[] samples = new double[Samples];
        for (int i = 0; i < Samples; i++)
        {
            samples[i] = Time(invoke, invocations).TotalNanoseconds / invocations / operations;
        }

        Array.Sort(samples);
        return string.Create(CultureInfo.InvariantCulture,
            $"{Round(samples[Samples / 2])} | {Round(samples[0])} to {Round(samples[^1])}");
    }

    // Doubles until a sample is long enough; that is the warm-up too.
    private static long Calibrate(Func<ulong> invoke)
    {
        long invocations = 1;
        while (Time(invoke, invocations).TotalMilliseconds < SampleMs)
        {
            invocations *= 2;
        }

        return invocations;
    }

    private static TimeSpan Time(Func<ulong> invoke, long invocations)
    {
        ulong sum = 0;
        long start = Stopwatch.GetTimestamp();
        for (long i = 0; i < invocations; i++)
        {
            sum += invoke();
        }

        TimeSpan took = Stopwatch.GetElapsedTime(start);
        GC.KeepAlive(sum);
        return took;
    }

    private static string Round(double nanoseconds) => nanoseconds.ToString(
        nanoseconds < 100 ? "F1" : "F0", CultureInfo.InvariantCulture);
}
