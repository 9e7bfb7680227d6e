using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Slipway.Linux;

namespace Slipway.Testing;

/// <summary>
/// A network namespace of a test's own, held by a child process, so that nothing of the machine is
/// changed. Needs root, and says so: a test that cannot run has failed.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private readonly Process _holder;

    public NetworkNamespace()
    {
        if (CurrentProcess.EffectiveUserId != 0)
        {
            throw new InvalidOperationException(
                "this test makes a network namespace and needs root: run tests/run.sh as root");
        }

        _holder = Process.Start(new ProcessStartInfo("unshare", "--net -- cat")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
        })!;
        AwaitOwnNamespace();
    }

    /// <summary>Names the namespace, as setns(2) wants it.</summary>
    public string Path =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/{_holder.Id}/ns/net");

    /// <summary>Runs on a thread inside the namespace, and throws what that threw.</summary>
    public void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                int entered = Namespaces.EnterNetwork(Path);
                if (entered < 0)
                {
                    throw new InvalidOperationException($"setns failed with errno {-entered}");
                }

                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>Runs a command inside and returns its output; it must succeed.</summary>
    public string Execute(string command)
    {
        using Process process = Process.Start(new ProcessStartInfo(
            "nsenter", ["--net=" + Path, "--", "sh", "-c", command])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output
            : throw new InvalidOperationException($"'{command}' failed: {errors.Result}");
    }

    /// <summary>Ends the holder; the namespace goes when nothing else keeps it.</summary>
    public void Dispose()
    {
        if (!_holder.HasExited)
        {
            _holder.Kill();
            _holder.WaitForExit();
        }

        _holder.Dispose();
    }

    private void AwaitOwnNamespace()
    {
        string? own = new FileInfo("/proc/self/ns/net").LinkTarget;
        Stopwatch waited = Stopwatch.StartNew();
        while (new FileInfo(Path).LinkTarget is not string target || target == own)
        {
            if (_holder.HasExited || waited.Elapsed > TimeSpan.FromSeconds(20))
            {
                throw new InvalidOperationException("unshare --net made no network namespace");
            }

            Thread.Sleep(1);
        }
    }
}
