using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Services.Tests.Proxy;

/// <summary>A real server on the loopback, started by a test and ended with it.</summary>
internal sealed class RunningProgram : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private RunningProgram(int port, string program, string[] arguments)
    {
        Port = port;
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            },
        };
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
    }

    public int Port { get; }

    /// <summary>Starts a program and waits until it listens.</summary>
    public static RunningProgram Start(int port, string program, params string[] arguments)
    {
        RunningProgram running = new(port, program, arguments);
        running._process.Start();
        running._process.BeginOutputReadLine();
        running._process.BeginErrorReadLine();
        Eventually.IsTrue(
            () => IsListening(port) || running._process.HasExited,
            () => $"{program} does not listen\n{running.Said}");
        Assert.False(running._process.HasExited, running.Said);
        return running;
    }

    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Said => string.Join('\n', _output);

    public void Dispose()
    {
        // Asked first, so that it takes its shared memory with it.
        using (Process asked = Process.Start("/bin/kill", [$"{_process.Id}"]))
        {
            asked.WaitForExit();
        }

        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static bool IsListening(int port)
    {
        try
        {
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
