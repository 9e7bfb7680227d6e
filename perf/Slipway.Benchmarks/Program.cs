using System.Runtime.CompilerServices;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using Slipway.Benchmarks;

// A constant when compiled ahead of time: BenchmarkDotNet is then not part of the program.
if (!RuntimeFeature.IsDynamicCodeSupported || args is ["--native", ..])
{
    string filter = args.FirstOrDefault(word => word != "--native") ?? "";
    StopwatchRunner runner = new(filter, Console.Out);
    runner.WriteHead();
    runner.Run<ChecksumBenchmarks>();
    runner.Run<HeaderBenchmarks>();
    runner.Run<FlowTableBenchmarks>();
    runner.Run<TimerWheelBenchmarks>();
    return 0;
}

// In this process: the other toolchains build a project of their own for each benchmark.
Job job = Job.Default
    .WithToolchain(InProcessEmitToolchain.Instance)
    .WithWarmupCount(3)
    .WithIterationCount(10)
    .WithIterationTime(TimeInterval.FromMilliseconds(100));
IConfig config = DefaultConfig.Instance
    .AddJob(job)
    .AddColumn(StatisticColumn.Median)
    .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "slipway-benchmarks"));
BenchmarkSwitcher.FromAssembly(typeof(ChecksumBenchmarks).Assembly)
    .Run(args.Length == 0 ? ["--filter", "*"] : args, config);
return 0;
