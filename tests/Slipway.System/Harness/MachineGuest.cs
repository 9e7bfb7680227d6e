using System.Globalization;
using System.Text.Json.Nodes;

namespace Slipway.SystemTests.Harness;

/// <summary>
/// A guest with a kernel of its own, which obeys commands over a serial port: see qemu/init.sh.
/// </summary>
public abstract class MachineGuest : IDisposable
{
    protected static readonly TimeSpan BootTimeout = TimeSpan.FromSeconds(90);
    private const string End = "@@END ";
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-guest-").FullName;
    private RunningProgram? machine;

    /// <summary>What the guest said when it had a lease: how long its boot took.</summary>
    public string Greeting { get; private set; } = "";

    /// <summary>Runs a program of the initial RAM disk's /bin.</summary>
    public ProgramResult Run(TimeSpan timeout, params IEnumerable<string> command)
    {
        string line = "/bin/" + string.Join(' ', command.Select(Quote));
        long start = Environment.TickCount64;
        machine!.WriteLine(line);
        IReadOnlyList<string> lines = machine.ReadUntil(End, timeout);
        int status = int.Parse(lines[^1].Trim()[End.Length..], CultureInfo.InvariantCulture);
        string output = string.Join('\n', lines.SkipLast(1).Select(line => line.TrimEnd('\r')));
        return new ProgramResult(line, status, output, "",
            TimeSpan.FromMilliseconds(Environment.TickCount64 - start));
    }

    /// <summary>Starts a shell command in the guest's background.</summary>
    public void Start(string command) =>
        Run(TimeSpan.FromSeconds(10), "sh", "-c", $"({command}) >/tmp/log 2>&1 &").OrFail();

    /// <summary>
    /// Runs a function of tools/guest.py; see <see cref="Guest.Does(string,
    /// IEnumerable{string})"/>.
    /// </summary>
    public JsonObject Does(TimeSpan timeout, string what, params IEnumerable<string> arguments) =>
        Guest.Parse(Run(timeout, ["python3", "/tools/guest.py", what, .. arguments]).OrFail()
            .Output);

    public void Dispose()
    {
        machine?.Dispose();
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the initial RAM disk, and waits until the guest has booted.</summary>
    /// <param name="start">Starts the machine, from a folder for its files and the disk.</param>
    /// <param name="modules">The version of a Debian kernel whose modules it needs.</param>
    protected void Boot(
        Func<string, string, RunningProgram> start, params IEnumerable<string> modules)
    {
        string disk = Path.Combine(folder, "initrd");
        string script = Path.Combine(AppContext.BaseDirectory, "qemu", "build-initrd.sh");
        string tools = Path.GetDirectoryName(Repository.Tool("guest.py"))!;
        RunningProgram.Run(BootTimeout, ["sh", script, disk, tools, .. modules]).OrFail();
        try
        {
            machine = start(folder, disk);
            Greeting = machine.ReadUntil("@@READY", BootTimeout)[^1].Trim();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''")}'";
}
