using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>The program called gvproxy, started with gvproxy's flags as others start it.</summary>
[Collection(SiteCollection.Name)]
public sealed class GvproxyTests : IDisposable
{
    private const string Mac = "5a:94:ef:e4:0c:ee";
    private const string SshPort = "2222";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Stack<IDisposable> owned = new();
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-gvproxy-").FullName;
    private readonly Site site;
    private readonly ITestOutputHelper output;
    private readonly NetworkNamespace guest = new("gvproxy");

    public GvproxyTests(Site site, ITestOutputHelper output)
    {
        this.site = site;
        this.output = output;
        File.CreateSymbolicLink($"{folder}/gvproxy", Repository.Binary);
    }

    public void Dispose()
    {
        if (File.Exists($"{folder}/log"))
        {
            output.WriteLine(File.ReadAllText($"{folder}/log"));
        }

        while (owned.TryPop(out IDisposable? last))
        {
            last.Dispose();
        }

        guest.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [SlipwayTheory]
    [InlineData("connect")]
    [InlineData("qemu")]
    [InlineData("qemu-tcp")]
    public void Guest_OfEachKind_HasPodmansAddressAndPublishesItsPortsFromInside(string kind)
    {
        RunningProgram program = Start(kind switch
        {
            "qemu" => ["--listen-qemu", $"unix://{folder}/qemu.sock"],
            "qemu-tcp" => ["-listen-qemu=tcp://127.0.0.1:5555"],
            _ => [],
        });
        RunningProgram frames = Boot(kind);
        Assert.Contains(
            "192.168.127.2/24", guest.Run("ip", "-4", "addr", "show", "tap0").OrFail().Output,
            StringComparison.Ordinal);
        Assert.Equal(
            $$"""{"192.168.127.1":"5a:94:ef:e4:0c:dd","192.168.127.2":"{{Mac}}"}""",
            Ask("/services/dhcp/leases").Trim());
        Assert.Contains($"\"{Mac}\":", Ask("/cam"), StringComparison.Ordinal);

        Own(Site.StartServices(guest, "0.0.0.0", Site.Port));
        string asked = guest.Run(
            "curl", "-sS", "-w", "%{http_code}", "-d",
            """{"local":":18080","remote":":7000","protocol":"tcp"}""",
            "http://192.168.127.1/services/forwarder/expose").OrFail().Output;
        Assert.Equal("200", asked);
        Assert.Equal(
            $$"""[{"local":"127.0.0.1:{{SshPort}}","remote":"192.168.127.2:22","protocol":"tcp"},"""
            + """{"local":":18080","remote":"192.168.127.2:7000","protocol":"tcp"}]""",
            Ask("/services/forwarder/all").Trim());
        Assert.Contains(
            "hello from the host",
            site.Host.Run("curl", "-sS", "http://127.0.0.1:18080/").OrFail().Output,
            StringComparison.Ordinal);

        frames.Dispose();
        Eventually.Holds(Limit, "the guest is gone", () => Ask("/cam").Trim() == "{}");
        Boot(kind);
        Eventually.Holds(Limit, "its return is told", () => Told().Count >= 4);
        program.Dispose();
        Assert.False(File.Exists($"{folder}/pid"));
        Assert.False(File.Exists($"{folder}/api.sock"));
        Assert.Equal(
            ["ready", "connection_established", "connection_closed", "connection_established"],
            Told().Take(4).Select(line => (string?)line["notification_type"]));
        Assert.Equal(Mac, (string?)Told()[1]["mac_address"]);
    }

    [SlipwayFact]
    public void Guest_OnStandardInputAndOutput_HasALeaseAndTheGateway()
    {
        RunningProgram frames = Boot("stdio");
        guest.Run("ping", "-c1", "-W5", "192.168.127.1").OrFail();
        Assert.Contains(
            "you         192.168.127.2",
            guest.Run("curl", "-sS", "http://192.168.127.1/").OrFail().Output,
            StringComparison.Ordinal);
        frames.Dispose();
    }

    [SlipwayFact]
    public void Flags_ThatCannotBe_AreNamedAndRemoveNobodysFile()
    {
        File.WriteAllText($"{folder}/pid", "4711");
        File.WriteAllText($"{folder}/file", "precious");
        string[] ssh =
        [
            "-forward-sock", $"{folder}/file", "-forward-dest", "/run/x", "-forward-user", "root",
            "-forward-identity", $"{folder}/file",
        ];
        AssertRefused("exists and is not a socket", ssh);
        AssertRefused(
            "-notification", "-notification", $"unix:///{new string('n', 120)}");
        AssertRefused("is not a socket", "-services", $"unix://{folder}/file");
        Assert.Equal("precious", File.ReadAllText($"{folder}/file"));
        Assert.Equal("4711", File.ReadAllText($"{folder}/pid"));
    }

    [SlipwayFact]
    public void Services_Socket_AnswersAndTakesNoGuests()
    {
        RunningProgram program = Start(
            "-services", $"unix://{folder}/services.sock", "-sandbox", "off");
        Assert.Equal( // what this test has, and no more
            File.ReadLines("/proc/self/status").Where(IsOfTheSandbox),
            File.ReadLines($"/proc/{program.Id}/status").Where(IsOfTheSandbox));
        Assert.Equal("[", Ask("/services/forwarder/all", "services.sock")[..1]);
        Assert.Equal(
            "404 page not found",
            site.Host.Run(
                "curl", "-sS", "-X", "POST", "--unix-socket", $"{folder}/services.sock",
                "http://localhost/connect").OrFail().Output.Trim());
    }

    [SlipwayFact]
    public void ForwardSock_ToASocketOfTheGuest_CarriesItBySsh()
    {
        string[] keys = [$"{folder}/host", $"{folder}/user"];
        foreach (string key in keys)
        {
            site.Host.Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).OrFail();
        }

        Start(
            "-forward-sock", $"{folder}/podman.sock", "-forward-dest", $"{folder}/guest.sock",
            "-forward-user", "root", "-forward-identity", keys[1]);
        Boot("connect");
        Own(Site.StartServices(guest, $"unix:{folder}/guest.sock", 0));
        Directory.CreateDirectory("/run/sshd");
        Own(guest.Start(
            "/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", keys[0],
            "-o", $"AuthorizedKeysFile={keys[1]}.pub", "-o", "StrictModes=no",
            "-o", "PermitRootLogin=yes", "-o", $"PidFile={folder}/sshd.pid"));
        Eventually.Holds(Limit, "ssh listens", () => File.Exists($"{folder}/podman.sock"));
        Assert.Contains(
            "hello from the host",
            site.Host.Run(
                "curl", "-sS", "--unix-socket", $"{folder}/podman.sock",
                "http://localhost/").OrFail().Output,
            StringComparison.Ordinal);
    }

    [SlipwayTheory]
    [InlineData("-nonsense 1", "not a flag of gvproxy's")]
    [InlineData("-mtu", "needs a value")]
    [InlineData("-mtu x", "-mtu x: must be a whole number")]
    [InlineData("-ssh-port 80", "must be between 1024 and 65535")]
    [InlineData("-listen tcp://127.0.0.1:5000", "every user of this machine")]
    [InlineData("-listen-qemu tcp://0.0.0.0:5000", "others than this machine")]
    [InlineData("-listen-qemu unix:///tmp/q -listen-bess unixpacket:///tmp/b", "together")]
    [InlineData("-listen-bess unix:///tmp/b", "unixpacket:///PATH")]
    [InlineData("-config /tmp/x.yaml", "YAML")]
    [InlineData("-forward-sock /tmp/s", "must all be specified together")]
    [InlineData("-gatewayIP 10.0.0.1", "-gatewayIP 10.0.0.1: is not an address of the subnet")]
    [InlineData("-debug=maybe", "true or false")]
    [InlineData("-sandbox maybe", "-sandbox maybe: must be auto, on or off")]
    [InlineData("word", "is not a flag")]
    public void Flag_ThatCannotBe_IsRefusedByItsName(string flags, string reason)
    {
        ProgramResult result = site.Host.Run(
            [Repository.Binary, "gvproxy", .. flags.Split(' ')]);
        Assert.Equal(2, result.ExitStatus);
        Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Version_AndHelp_AreAnsweredAsGvproxyIsAsked()
    {
        Assert.StartsWith(
            "gvproxy version v",
            site.Host.Run($"{folder}/gvproxy", "--version").OrFail().Output,
            StringComparison.Ordinal);
        Assert.Contains(
            "-listen-vfkit",
            site.Host.Run($"{folder}/gvproxy", "-h").OrFail().Output, StringComparison.Ordinal);
    }

    private static bool IsOfTheSandbox(string line) =>
        line.StartsWith("NoNewPrivs:", StringComparison.Ordinal)
        || line.StartsWith("Seccomp:", StringComparison.Ordinal)
        || line.StartsWith("CapBnd:", StringComparison.Ordinal);

    private void AssertRefused(string reason, params string[] flags)
    {
        ProgramResult result = site.Host.Run(
        [
            $"{folder}/gvproxy", "-ssh-port", "-1", "-pid-file", $"{folder}/pid", .. flags,
        ]);
        Assert.InRange(result.ExitStatus, 1, 2);
        Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
    }

    private RunningProgram Start(params IEnumerable<string> flags)
    {
        // One after the other: what is told stays in its order.
        Own(site.Host.Start(
            "socat", "-u", $"UNIX-LISTEN:{folder}/told.sock,fork,max-children=1",
            $"OPEN:{folder}/told,creat,append"));
        Eventually.Holds(Limit, "somebody is told", () => File.Exists($"{folder}/told.sock"));
        RunningProgram program = Own(site.Host.Start(
        [
            $"{folder}/gvproxy", "-listen", $"unix://{folder}/api.sock", "-mtu", "1500",
            "--ssh-port", SshPort, "-pid-file", $"{folder}/pid", "-log-file", $"{folder}/log",
            "-notification", $"unix://{folder}/told.sock", "-debug", .. flags,
        ]));
        Eventually.Holds(Limit, "gvproxy is ready", () => program.HasExited
            ? throw new InvalidOperationException(program.Errors) : Told().Count > 0);
        Assert.Equal($"{program.Id}", File.ReadAllText($"{folder}/pid"));
        return program;
    }

    private RunningProgram Boot(string kind)
    {
        RunningProgram frames = Own(guest.Start(
            "env", $"HOST_NAMESPACE={site.Host.Path}", "python3",
            Repository.Tool("frames_tap.py"), kind == "qemu-tcp" ? "qemu" : kind,
            kind switch
            {
                "stdio" => $"{folder}/gvproxy",
                "qemu" => $"{folder}/qemu.sock",
                "qemu-tcp" => "5555",
                _ => $"{folder}/api.sock",
            }));
        frames.ReadUntil("ready", Limit);
        guest.Run(
            Limit, "udhcpc", "-i", "tap0", "-f", "-q", "-n", "-t", "10", "-T", "1", "-s",
            Repository.Tool("configure.sh")).OrFail();
        return frames;
    }

    private string Ask(string path, string socket = "api.sock") => site.Host.Run(
        "curl", "-sS", "--unix-socket", $"{folder}/{socket}", "http://localhost" + path).OrFail()
        .Output;

    private List<JsonNode> Told() => !File.Exists($"{folder}/told") ? []
        : [.. File.ReadAllLines($"{folder}/told").Select(line => JsonNode.Parse(line)!)];

    private T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Push(resource);
        return resource;
    }
}
