using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// A guest with a Docker engine, `slipway docker` on the host, and Debian's docker client there.
/// </summary>
public abstract class DockerTest(Site site, ITestOutputHelper output) : SystemTest(site, output)
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-docker-host-").FullName;

    private string _guestEndpoint = "";

    protected string Control => $"unix:{_folder}/control.sock";

    protected string Socket => $"{_folder}/docker.sock";

    protected Guest Guest { get; private set; } = null!;

    protected GuestDocker InGuest { get; private set; } = null!;

    /// <summary>The proxy that runs now.</summary>
    protected RunningProgram Proxy { get; private set; } = null!;

    /// <summary>Starts the engine, a Docker engine behind it, and the proxy.</summary>
    /// <param name="tool">tools/dockerd.sh or tools/podman.sh.</param>
    /// <param name="options">Of the Docker engine.</param>
    protected void StartDocker(string tool = "dockerd.sh", params string[] options)
    {
        Guest = StartGuest(WideMtuBytes, "--control", Control);
        InGuest = Own(new GuestDocker(Guest, tool, options));
        _guestEndpoint = $"unix:{InGuest.SocketPath}";
        StartProxy();
    }

    /// <summary>The next proxy is told this as --guest.</summary>
    protected void Use(string endpoint) => _guestEndpoint = endpoint;

    /// <summary>Starts a proxy, and waits until it follows the guest's containers.</summary>
    protected void StartProxy(params string[] options)
    {
        Proxy = Own(Site.Host.Start(
            [Repository.Binary, "docker", "--listen", $"unix:{Socket}",
                "--guest", _guestEndpoint, "--control", Control, .. options]));
        RunningProgram proxy = Proxy;
        Eventually.Holds(Patience, "the proxy follows the containers", () =>
            proxy.Errors.Contains("are followed", StringComparison.Ordinal)
            || (proxy.HasExited ? throw new InvalidOperationException(proxy.Errors) : false));
    }

    /// <summary>Starts the engine again with a TAP in the same guest.</summary>
    protected void StartEngineAgain()
    {
        Engine!.Stop();
        StartEngine([Link(Guest), "--mtu", $"{WideMtuBytes}", "--control", Control]);
    }

    /// <summary>Runs the docker client on the host.</summary>
    protected ProgramResult Docker(params IEnumerable<string> arguments) => Site.Host.Run(
        Patience, ["/usr/bin/docker", "--host", $"unix://{Socket}", .. arguments]);

    /// <summary>Starts a container of the image `box`; its id.</summary>
    protected string Run(params IEnumerable<string> arguments) =>
        Docker(["run", "-d", .. arguments]).OrFail().Output.Trim();

    /// <summary>Runs a shell command on the host, where $DOCKER_HOST is the proxy.</summary>
    protected ProgramResult Shell(string command) => Site.Host.Run(
        Patience, "env", $"DOCKER_HOST=unix://{Socket}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        $"HOME={_folder}", "sh", "-c", command);

    protected JsonNode Inspect(string container) =>
        JsonNode.Parse(Docker("inspect", container).OrFail().Output)![0]!;

    /// <summary>`docker port` as one line, in order.</summary>
    protected string PortsOf(string container) => string.Join(
        ", ", Docker("port", container).OrFail().Output.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

    /// <summary>Whether a container's page comes from there.</summary>
    protected bool Answers(string address, NetworkNamespace? where = null)
    {
        ProgramResult page = (where ?? Site.Host).Run(
            Patience, "curl", "-sS", "-g", "-m", "20", $"http://{address}/");
        return page.ExitStatus == 0
            && page.Output.Contains("hello from a container", StringComparison.Ordinal);
    }

    protected void AwaitAnswer(string address) => Eventually.Holds(
        Patience, $"{address} answers", () => Answers(address));

    protected void AwaitSilence(string address) => Eventually.Holds(
        Patience, $"nothing listens on {address}", () => !Site.Host.Run("ss", "-Hltn").OrFail()
            .Output.Contains($" {address} ", StringComparison.Ordinal));

    /// <summary>What the engine has published, by `slipway ports`.</summary>
    protected JsonArray Published() => JsonNode.Parse(Site.Host.Run(
        Repository.Binary, "ports", "--json", "--control", Control).OrFail().Output)!.AsArray();

    protected override void Dispose(bool disposing)
    {
        if (Proxy is { } proxy)
        {
            Note($"the proxy said:\n{proxy.Errors}");
        }

        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }
}
