using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Slipway.SystemTests.Harness;

/// <summary>
/// A program that runs until its owner disposes it. Its standard input stays open until then, so
/// that the tools, which end with their input, also end when the test process is killed.
/// </summary>
public sealed class RunningProgram : IDisposable
{
    private const int StopTimeoutMs = 5_000;

    private readonly Process process;
    private readonly StringBuilder errors = new();
    private readonly BlockingCollection<string> lines = [];
    private readonly Stopwatch watch = Stopwatch.StartNew();
    private readonly string commandLine;
    private bool isDisposed;

    public RunningProgram(params IEnumerable<string> command)
    {
        string[] words = [.. command];
        commandLine = string.Join(' ', words);
        process = Start(words);
        process.OutputDataReceived += (_, line) => OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => OnError(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public string Errors
    {
        get
        {
            lock (errors)
            {
                return errors.ToString();
            }
        }
    }

    /// <summary>Runs a program to its end; one that takes longer than allowed is killed.</summary>
    public static ProgramResult Run(TimeSpan timeout, params IEnumerable<string> command)
    {
        using RunningProgram program = new(command);
        program.process.StandardInput.Close();
        return program.Finish(timeout);
    }

    /// <summary>The next line of standard output; fails the test when none comes in time.</summary>
    public string ReadLine(TimeSpan timeout)
    {
        if (!lines.TryTake(out string? line, timeout))
        {
            Thread.Sleep(50); // its errors may come a moment after its end
            Assert.Fail($"`{commandLine}` said nothing in {timeout.TotalSeconds} s; {Errors}");
        }

        return line;
    }

    /// <summary>Reads lines until one contains the marker; returns all of them.</summary>
    public IReadOnlyList<string> ReadUntil(string marker, TimeSpan timeout)
    {
        List<string> read = [];
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        do
        {
            TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(0, end - Environment.TickCount64));
            if (!lines.TryTake(out string? line, left))
            {
                string last = string.Join('\n', read.TakeLast(40));
                Assert.Fail($"no '{marker}' in {timeout.TotalSeconds} s; {Errors}\n{last}");
            }

            read.Add(line);
        }
        while (!read[^1].Contains(marker, StringComparison.Ordinal));
        return read;
    }

    public void WriteLine(string line)
    {
        process.StandardInput.WriteLine(line);
        process.StandardInput.Flush();
    }

    /// <summary>Waits for the program's own end; kills it when it does not come in time.</summary>
    public ProgramResult Finish(TimeSpan timeout)
    {
        bool ended = process.WaitForExit(timeout);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        string output = string.Join('\n', lines);
        string note = ended ? "" : $"killed after {timeout.TotalSeconds} s";
        return new ProgramResult(
            commandLine, process.ExitCode, output, Errors + note, watch.Elapsed);
    }

    /// <summary>Sends a signal by the name that kill(1) knows it by.</summary>
    public void Signal(string name) =>
        Run(TimeSpan.FromSeconds(5), "kill", "-" + name, $"{Id}").OrFail();

    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            Run(TimeSpan.FromSeconds(5), "kill", "-CONT", $"{Id}");
            Run(TimeSpan.FromSeconds(5), "kill", "-TERM", $"{Id}");
            if (!process.WaitForExit(StopTimeoutMs))
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }
        }

        process.Dispose();
        lines.Dispose();
    }

    private static Process Start(string[] words)
    {
        ProcessStartInfo info = new(words[0], words.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(info)!;
    }

    private void OnOutput(string? line)
    {
        try
        {
            if (line is not null)
            {
                lines.Add(line);
            }
            else
            {
                lines.CompleteAdding(); // nobody is to wait for more
            }
        }
        catch (ObjectDisposedException)
        {
            // What the program had started has held its output open for longer than it is read.
            return;
        }
    }

    private void OnError(string? line)
    {
        lock (errors)
        {
            errors.AppendLine(line);
        }
    }
}
