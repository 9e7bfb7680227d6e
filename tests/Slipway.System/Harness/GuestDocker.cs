namespace Slipway.SystemTests.Harness;

/// <summary>
/// A container engine that runs in a guest: dockerd, or podman's service. It has one image, `box`:
/// a busybox, and socat, that exposes the ports 80/tcp and 53/udp.
/// </summary>
public sealed class GuestDocker : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly RunningProgram _program;

    /// <param name="guest">Where it runs.</param>
    /// <param name="tool">tools/dockerd.sh or tools/podman.sh.</param>
    /// <param name="options">Of the engine.</param>
    public GuestDocker(Guest guest, string tool = "dockerd.sh", params string[] options)
    {
        Folder = Directory.CreateTempSubdirectory("slipway-docker-").FullName;
        _program = guest.Namespace.Start(["sh", Repository.Tool(tool), Folder, .. options]);
        try
        {
            _program.ReadUntil("ready", Patience);
            Import();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Folder { get; }

    /// <summary>Where its API is.</summary>
    public string SocketPath => $"{Folder}/docker.sock";

    /// <summary>Runs Debian's docker client, straight at the engine.</summary>
    public ProgramResult Docker(params IEnumerable<string> arguments) => RunningProgram.Run(
        Patience, ["/usr/bin/docker", "--host", $"unix://{SocketPath}", .. arguments]);

    public void Dispose()
    {
        _program.Dispose();
        RunningProgram.Run(Patience, "rm", "-rf", "--one-file-system", Folder);
    }

    private void Import()
    {
        string root = Path.Combine(Folder, "box");
        foreach (string folder in (string[])["bin", "etc", "tmp", "www"])
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        File.Copy("/bin/busybox", Path.Combine(root, "bin", "busybox"));
        foreach (string applet in (string[])
            ["sh", "httpd", "cat", "sleep", "echo", "sha256sum", "tty", "seq", "ls"])
        {
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        }

        // socat with its libraries: what answers UDP.
        string libraries = RunningProgram.Run(Patience, "ldd", "/usr/bin/socat").OrFail().Output;
        foreach (string file in libraries.Split([' ', '\n', '\t'])
            .Where(word => word.StartsWith('/')).Append("/usr/bin/socat"))
        {
            Directory.CreateDirectory(root + Path.GetDirectoryName(file));
            File.Copy(file, root + file);
        }

        File.WriteAllText(Path.Combine(root, "www", "index.html"), "hello from a container\n");
        string archive = Path.Combine(Folder, "box.tar");
        RunningProgram.Run(Patience, "tar", "-C", root, "-cf", archive, ".").OrFail();
        Docker(
            "import", "--change", "EXPOSE 80/tcp", "--change", "EXPOSE 53/udp",
            "--change", "CMD [\"httpd\",\"-f\",\"-h\",\"/www\",\"-p\",\"80\"]", archive, "box")
            .OrFail();
    }
}
