using System.Globalization;
using System.Text;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Services;

namespace Slipway;

/// <summary>
/// `slipway sandbox-probe [names|scripts] ATTEMPT...`, for tests: enters an engine's sandbox, or
/// from there that of a process beside it, and then tries, from several threads, what it should not
/// be able to. A line for each: the attempt, and what each thread got, 0 or an errno. One that ends
/// the process ends it.
/// </summary>
internal static class SandboxProbe
{
    public const string CommandName = "sandbox-probe";

    private const string Inside = "inside";
    private const int Threads = 8;
    private const int WriteOnlyCreate = 0x41; // O_WRONLY | O_CREAT
    private const int Stream = 1;
    private const int InternetProtocol = 2;

    public static int Run(string[] words)
    {
        if (words is [Inside, string inside, .. string[] further])
        {
            ResolverConfinement.Enter();
            ResolverConfinement.Close(RoleOf(inside)!.Value);
            Try(ResolverCommand.Way, further); // standard output as it was
            return ExitStatus.Success;
        }

        EngineConfiguration configuration = SandboxEntry.Enter(
            new EngineConfiguration
            {
                Control = ControlSpecification.Parse("control", "off"),
                Sandbox = new SandboxConfiguration { Mode = SandboxMode.On },
            },
            [], []);
        if (words is [string name, ..] && RoleOf(name) is ResolverRole role)
        {
            return Start(role, words);
        }

        SandboxEntry.Close(configuration, new StandardErrorLog(LogLevel.Warning));
        Try(1, words);
        return ExitStatus.Success;
    }

    private static ResolverRole? RoleOf(string word) =>
        Enum.TryParse(word, ignoreCase: true, out ResolverRole role) && Enum.IsDefined(role)
            ? role : null;

    // As an engine starts a keeper, and that a process.
    private static int Start(ResolverRole role, string[] words)
    {
        int id = 0;
        int errno = 0;
        Thread starting = new(() =>
        {
            ResolverConfinement.EnterKeeper(role, isConfined: true);
            errno = ChildProcess.Start(
                "/proc/self/exe", [Environment.ProcessPath!, CommandName, Inside, .. words],
                [.. ResolverEnvironment.Own()], [1], out id);
        });
        starting.Start();
        starting.Join();
        return errno == 0 ? ChildProcess.Wait(id) : ExitStatus.Failure;
    }

    private static void Try(int output, string[] attempts)
    {
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
            _ = Files.Write(
                output, Encoding.UTF8.GetBytes($"{attempt} {string.Join(' ', results)}\n"));
        }
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
            "serve" => Serve(),
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

    private static int Serve()
    {
        int socket = Sockets.Create(InternetProtocol, Stream, 0);
        int result = socket < 0 ? socket : Sockets.Listen(socket, 1);
        _ = Closed(socket);
        return -result;
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
