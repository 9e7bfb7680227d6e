using System.Globalization;
using System.Runtime.InteropServices;
using Slipway.Load.Site;

namespace Slipway.Load.Report;

/// <summary>Where figures were taken: without it they say little.</summary>
internal static class Machine
{
    public static IEnumerable<string> Describe()
    {
        string model = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        string load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        yield return $"{DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}"
            + $" UTC; {Environment.ProcessorCount} processors, {model}; "
            + $"load average at the start {load}";
        yield return RunningProgram.Run(TimeSpan.FromSeconds(5), "uname", "-sr").Trim() + ", "
            + $"{RuntimeInformation.FrameworkDescription}; the generator's sockets use cubic where "
            + "the kernel has it";
    }
}
