using System.Globalization;
using Slipway.Engine;
using Slipway.Linux;

namespace Slipway;

/// <summary>
/// `slipway sandbox-probe ATTEMPT...`, for tests: enters an engine's sandbox and then tries, from
/// several threads, what it should not be able to. A line for each: the attempt, and what each
/// thread got, 0 or an errno. One that ends the process ends it.
/// </summary>
internal static class SandboxProbe
{
    public const string CommandName = "sandbox-probe";

    private const int Threads = 8;
    private const int WriteOnlyCreate = 0x41; // O_WRONLY | O_CREAT
    private const int Stream = 1;

    public static int Run(string[] attempts)
    {
        EngineConfiguration configuration = SandboxEntry.Enter(
            new EngineConfiguration
            {
                Control = ControlSpecification.Parse("control", "off"),
                Sandbox = new SandboxConfiguration { Mode = SandboxMode.On },
            },
            [], []);
        SandboxEntry.Close(configuration, new StandardErrorLog(LogLevel.Warning));
        using Stream output = Console.OpenStandardOutput();
        using StreamWriter writer = new(output) { AutoFlush = true };
        foreach (string attempt in attempts)
        {
            int[] results = new int[Threads];
            Thread[] threads =
            [
                .. Enumerable.Range(0, Threads).Select(
                    i => new Thread(() => results[i] = Try(attempt))),
            ];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            writer.WriteLine($"{attempt} {string.Join(' ', results)}");
        }

        return ExitStatus.Success;
    }

    private static int Try(string attempt)
    {
        string[] words = attempt.Split('=', 2);
        string value = words.Length > 1 ? words[1] : "";
        return words[0] switch
        {
            "read" => Open(value, Files.ReadOnly),
            "make" => Open(value, WriteOnlyCreate),
            "socket" => Closed(Sockets.Create(
                int.Parse(value, CultureInfo.InvariantCulture), Stream, 0)),
            "listen" => Listen(value),
            "execute" => CurrentProcess.BecomeFile(value, [value]),
            "start" => ChildProcess.Start(value, [value], out _),
            "mount" => Mounts.Memory(value),
            "unshare" => Namespaces.Leave(),
            _ => -1,
        };
    }

    private static int Open(string path, int flags) =>
        Closed(Files.Open(path, flags | Files.CloseOnExec));

    private static int Listen(string path)
    {
        try
        {
            UnixSocketFile file = UnixSocketFile.Bind(path, Stream, out int descriptor);
            Files.Close(descriptor);
            file.Remove();
            return 0;
        }
        catch (UnixSocketException e)
        {
            return e.IsForbidden ? Errno.EACCES : Errno.EIO;
        }
    }

    // The errno, or 0 and nothing stays open.
    private static int Closed(int descriptor)
    {
        if (descriptor >= 0)
        {
            Files.Close(descriptor);
        }

        return Math.Max(0, -descriptor);
    }
}
