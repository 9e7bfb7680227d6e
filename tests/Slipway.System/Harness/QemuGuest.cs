using System.Globalization;
using System.Text.Json.Nodes;

namespace Slipway.SystemTests.Harness;

/// <summary>
/// A guest with a kernel of its own: Debian's cloud kernel under QEMU, without hardware help (TCG),
/// its network card connected to the engine's socket. Obeys commands over a serial port, see
/// qemu/init.sh.
/// </summary>
public sealed class QemuGuest : IDisposable
{
    private const string End = "@@END ";
    private static readonly TimeSpan BootTimeout = TimeSpan.FromSeconds(90);
    private readonly RunningProgram machine;
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-qemu-").FullName;

    /// <param name="host">Where QEMU runs.</param>
    /// <param name="network">What follows -netdev; its id is n0.</param>
    public QemuGuest(NetworkNamespace host, string network)
        : this(host, ["-netdev", network, "-device", "virtio-net-pci,netdev=n0,romfile="])
    {
    }

    private QemuGuest(NetworkNamespace host, string[] devices, params string[] environment)
    {
        string kernel = Directory.GetFiles("/boot", "vmlinuz-*cloud-amd64").Order().Last();
        string version = Path.GetFileName(kernel)["vmlinuz-".Length..];
        string disk = Path.Combine(folder, "initrd");
        RunningProgram.Run(BootTimeout, Build(disk, version)).OrFail();
        machine = host.Start([
            "env", .. environment, "qemu-system-x86_64",
            "-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "1",
            "-m", "768", "-display", "none", "-monitor", "none", "-nodefaults", "-no-reboot",
            "-serial", $"file:{folder}/console", "-serial", "stdio",
            "-kernel", kernel, "-initrd", disk, "-append", "console=ttyS0 panic=-1 quiet",
            .. devices]);
        try
        {
            Greeting = machine.ReadUntil("@@READY", BootTimeout)[^1].Trim();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// A guest whose memory the engine shares. Without vectors=0 QEMU 7.2 ends itself by SIGSEGV
    /// when the guest's driver starts.
    /// </summary>
    /// <param name="host">Where QEMU runs.</param>
    /// <param name="path">The engine's socket, which is tried again when the engine ends.</param>
    /// <param name="device">Further properties of the network device.</param>
    /// <param name="queues">Pairs of queues.</param>
    public static QemuGuest OverVhostUser(
        NetworkNamespace host, string path, string device = "", int queues = 1) => new(host, [
            "-machine", "memory-backend=m",
            "-object", "memory-backend-memfd,id=m,size=768M,share=on",
            "-chardev", $"socket,id=c,path={path},reconnect=1",
            "-netdev", $"vhost-user,id=n0,chardev=c,queues={queues}",
            "-device", $"virtio-net-pci,netdev=n0,romfile=,vectors=0{device}",
        ]);

    /// <summary>
    /// A guest on QEMU's own user network, or on the shim that takes its place.
    /// </summary>
    /// <param name="host">Where QEMU runs.</param>
    /// <param name="shim">The library to load before libslirp; null for none.</param>
    /// <param name="options">More of -netdev user, each with a comma before it.</param>
    public static QemuGuest OverUserNetwork(
        NetworkNamespace host, string? shim, string options) => new(
            host,
            ["-netdev", "user,id=n0" + options, "-device", "virtio-net-pci,netdev=n0,romfile="],
            shim is null ? [] : [$"LD_PRELOAD={shim}"]);

    /// <summary>What the guest said when it had a lease: how long its boot took.</summary>
    public string Greeting { get; }

    /// <summary>Runs a program of the initial RAM disk's /bin.</summary>
    public ProgramResult Run(TimeSpan timeout, params IEnumerable<string> command)
    {
        string line = "/bin/" + string.Join(' ', command.Select(Quote));
        long start = Environment.TickCount64;
        machine.WriteLine(line);
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
        machine.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static string[] Build(string disk, string version)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "qemu", "build-initrd.sh");
        return ["sh", script, disk, Path.GetDirectoryName(Repository.Tool("guest.py"))!, version];
    }

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''")}'";
}
