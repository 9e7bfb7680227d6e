using System.Diagnostics;
using Slipway.Linux;

namespace Slipway.Control;

/// <summary>The process, under the names that Prometheus's own clients give it.</summary>
internal static class ProcessMetrics
{
    public static void Write(MetricsWriter writer)
    {
        using Process process = Process.GetCurrentProcess();
        writer.Counter(
            "process_cpu_seconds_total", "Processor time of the process, user and system.",
            process.TotalProcessorTime.TotalSeconds);
        writer.Gauge(
            "process_resident_memory_bytes", "Memory of the process that is resident.",
            process.WorkingSet64);
        writer.Gauge(
            "process_virtual_memory_bytes", "Address space of the process.",
            process.VirtualMemorySize64);
        writer.Gauge(
            "process_start_time_seconds", "When the process was started, as Unix time.",
            (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        writer.Gauge(
            "process_open_fds", "Descriptors that are open.",
            Directory.GetFileSystemEntries("/proc/self/fd").Length);
        writer.Gauge(
            "process_max_fds", "Descriptors that may be open.",
            CurrentProcess.DescriptorLimit.Soft);
        writer.Gauge(
            "slipway_managed_memory_bytes", "Of the memory, the managed heap.",
            GC.GetTotalMemory(forceFullCollection: false));
    }
}
