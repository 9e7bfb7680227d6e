using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Slipway.Load.Site;

/// <summary>A program that ends with its owner, or before.</summary>
internal sealed class RunningProgram : IDisposable
{
    private const int StopTimeoutMs = 3_000;

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly string _commandLine;

    /// <exception cref="LoadException">There is no such program.</exception>
    public RunningProgram(params IEnumerable<string> command)
    {
        string[] words = [.. command];
        _commandLine = string.Join(' ', words);
        _process = Start(words);
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString().Trim();
            }
        }
    }

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    /// <exception cref="LoadException">It failed, or did not end in time.</exception>
    public static string Run(TimeSpan timeout, params IEnumerable<string> command)
    {
        using RunningProgram program = new(command);
        Task<string> output = program._process.StandardOutput.ReadToEndAsync();
        bool ended = program._process.WaitForExit(timeout);
        if (ended)
        {
            program._process.WaitForExit(); // for its errors, which come on another thread
        }

        if (!ended || program._process.ExitCode != 0)
        {
            string end = ended ? $"ended with {program._process.ExitCode}" : "did not end in time";
            throw new LoadException($"{program._commandLine}: {end}: {program.Errors}");
        }

        return output.Result;
    }

    /// <summary>The next line that it prints.</summary>
    /// <exception cref="LoadException">It ended, or printed nothing in time.</exception>
    public string ReadLine(TimeSpan timeout)
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        return line.Wait(timeout) && line.Result is string text ? text
            : throw new LoadException($"{_commandLine}: printed nothing: {Errors}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using Process kill = Process.Start("sh", ["-c", $"kill {Id} 2>/dev/null"]);
            kill.WaitForExit();
            if (!_process.WaitForExit(StopTimeoutMs))
            {
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit();
            }
        }

        _process.Dispose();
    }

    private static Process Start(string[] words)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(words[0], words.Skip(1))
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
        }
        catch (Win32Exception e)
        {
            throw new LoadException($"{words[0]} cannot be started: {e.Message}");
        }
    }
}
