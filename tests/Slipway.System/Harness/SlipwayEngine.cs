using System.Globalization;

namespace Slipway.SystemTests.Harness;

/// <summary>The published binary, running `slipway run` in the site's host namespace.</summary>
public sealed class SlipwayEngine : IDisposable
{
    private readonly RunningProgram program;
    private bool endIsExpected;

    /// <summary>Starts the engine and waits until it says that it is ready.</summary>
    public SlipwayEngine(Site site, params IEnumerable<string> arguments)
        : this(site, [], arguments)
    {
    }

    /// <param name="site">Where it runs.</param>
    /// <param name="wrapper">A program that becomes the engine, such as prlimit.</param>
    /// <param name="arguments">What follows `slipway run`.</param>
    public SlipwayEngine(Site site, string[] wrapper, IEnumerable<string> arguments)
    {
        // Descriptor 3 is the pipe that is read here; what else is printed goes to the errors.
        program = site.Host.Start(["sh", "-c", "exec \"$@\" 3>&1 1>&2", "sh",
            .. wrapper, Repository.Binary, "run", "--ready-fd", "3",
            .. Repository.Workers, .. arguments, .. LastOptions(arguments)]);
        WaitUntilReady();
    }

    public int ProcessId => program.Id;

    public string Log => program.Errors;

    public bool IsAlive => !program.HasExited;

    /// <summary>Resident memory in KiB.</summary>
    public long ResidentKib => ReadStatus("VmRSS:");

    public int DescriptorCount => Directory.GetFileSystemEntries($"/proc/{ProcessId}/fd").Length;

    /// <summary>Processor time used so far in clock ticks of 10 ms, user and kernel.</summary>
    public long ProcessorTicks
    {
        get
        {
            string stat = File.ReadAllText($"/proc/{ProcessId}/stat");
            // After the name in parentheses, which may hold blanks, come fields 3 and on: proc(5).
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return long.Parse(fields[11], CultureInfo.InvariantCulture)
                + long.Parse(fields[12], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Asks the engine what it has counted; returns the line that it says.</summary>
    public string Report()
    {
        int before = Log.Length;
        program.Signal("USR1");
        Eventually.Holds(TimeSpan.FromSeconds(5), "the counters are reported", () =>
            Log[before..].Contains("counted:", StringComparison.Ordinal)
            && Log.EndsWith('\n'));
        return Log[before..];
    }

    /// <summary>
    /// Asks the engine to stop, as a service manager does, and waits for its end.
    /// </summary>
    /// <param name="isEnding">It has been asked already.</param>
    public ProgramResult Stop(bool isEnding = false)
    {
        endIsExpected = true;
        if (!isEnding)
        {
            program.Signal("TERM");
        }

        return program.Finish(TimeSpan.FromSeconds(10));
    }

    /// <summary>Ends it as a crash does.</summary>
    public void Kill()
    {
        endIsExpected = true;
        program.Signal("KILL");
        program.Finish(TimeSpan.FromSeconds(10));
    }

    /// <summary>Ends the engine; fails the test when it had ended on its own.</summary>
    public void Dispose()
    {
        bool died = program.HasExited && !endIsExpected;
        string log = Log;
        program.Dispose();
        Assert.False(died, $"the engine ended by itself:\n{log}");
    }

    // What connections are left open is of no interest, but to tests that say so.
    private static string[] LastOptions(IEnumerable<string> arguments) =>
        arguments.Any(one => one.StartsWith("--drain", StringComparison.Ordinal))
            ? [] : ["--drain", "0"];

    private void WaitUntilReady()
    {
        try
        {
            program.ReadLine(TimeSpan.FromSeconds(10));
        }
        catch
        {
            program.Dispose();
            throw;
        }
    }

    private long ReadStatus(string field)
    {
        string line = File.ReadLines($"/proc/{ProcessId}/status")
            .First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
            CultureInfo.InvariantCulture);
    }
}
