using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>What Docker's client does through the proxy with a guest's dockerd.</summary>
public sealed class DockerApiTests(Site site, ITestOutputHelper output) : DockerTest(site, output)
{
    private const string Sum = "seq 200000 | sha256sum";

    [SlipwayFact]
    public void AttachAndExec_WhoseInputEnds_AnswerAfterIt()
    {
        StartDocker();
        string sum = Shell(Sum).OrFail().Output;
        Assert.Equal(sum, Shell("seq 200000 | docker run -i --rm box sha256sum").OrFail().Output);
        Run("--name", "web", "box");
        Assert.Equal(sum, Shell("seq 200000 | docker exec -i web sha256sum").OrFail().Output);

        // A terminal on both sides.
        string screen = Shell("script -qec 'docker exec -it web tty' /dev/null").OrFail().Output;
        Assert.Contains("/dev/pts/", screen, StringComparison.Ordinal);
        string attached = Shell(
            "script -qec 'docker run -it --rm box sh -c \"tty; echo $((6*7))\"' /dev/null")
            .OrFail().Output;
        Assert.Contains("42", attached, StringComparison.Ordinal);
        Assert.Equal(7, Docker("exec", "web", "sh", "-c", "exit 7").ExitStatus);
    }

    [SlipwayFact]
    public void LogsAndEvents_Followed_ComeAtOnceAndWithoutOurLabel()
    {
        StartDocker();
        using RunningProgram events = Site.Host.Start(
            "/usr/bin/docker", "--host", $"unix://{Socket}", "events", "--format", "{{json .}}");
        Run("--name", "says", "-p", "8500:80", "box", "sh", "-c",
            "i=0; while sleep 0.2; do i=$((i+1)); echo line $i; done");
        using RunningProgram logs = Site.Host.Start(
            "/usr/bin/docker", "--host", $"unix://{Socket}", "logs", "-f", "says");
        logs.ReadUntil("line 3", Patience);
        Docker("rm", "-f", "says").OrFail();
        Assert.Equal(0, logs.Finish(Patience).ExitStatus); // its stream ends with the container
        IReadOnlyList<string> seen = events.ReadUntil("\"Action\":\"destroy\"", Patience);
        Assert.Contains(seen, line => line.Contains("\"start\"", StringComparison.Ordinal));
        Assert.DoesNotContain(
            seen, line => line.Contains("dev.slipway", StringComparison.Ordinal));
    }

    [SlipwayTheory]
    [InlineData("0")] // the classic builder
    [InlineData("1")] // BuildKit: /session and /grpc by Upgrade: h2c
    public void Build_WithAContext_MakesAnImage(string buildKit)
    {
        StartDocker();
        string context = Directory.CreateDirectory(Path.Combine(InGuest.Folder, "ctx")).FullName;
        Shell($"head -c 20000000 /dev/urandom > {context}/file").OrFail();
        File.WriteAllText(
            $"{context}/Dockerfile", "FROM box\nCOPY file /file\nRUN sha256sum /file > /sum\n");
        Shell($"DOCKER_BUILDKIT={buildKit} docker build -t built {context}").OrFail();
        string sum = Shell($"sha256sum < {context}/file").OrFail().Output.Split(' ')[0];
        Assert.StartsWith(
            sum, Docker("run", "--rm", "built", "cat", "/sum").OrFail().Output,
            StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Copy_Of1GiB_IsWholeInBothDirectionsAndKeepsNothingInMemory()
    {
        StartDocker();
        Run("--name", "store", "box");
        string file = Path.Combine(InGuest.Folder, "large");
        Shell($"head -c 1073741824 /dev/zero | openssl enc -aes-128-ctr -pass pass:x -nosalt "
            + $"> {file} 2>/dev/null").OrFail();
        string sum = Shell($"sha256sum < {file}").OrFail().Output;
        Note(Took(() => Docker("cp", file, "store:/tmp/large").OrFail(), "up through the proxy"));
        Assert.Equal(
            sum.Split(' ')[0],
            Docker("exec", "store", "sha256sum", "/tmp/large").OrFail().Output.Split(' ')[0]);
        Note(Took(
            () => Assert.Equal(
                sum, Shell("docker cp store:/tmp/large - | tar -xO | sha256sum").OrFail().Output),
            "down through the proxy"));
        Note(Took(() => InGuest.Docker("cp", file, "store:/tmp/again").OrFail(), "up directly"));
        string status = File.ReadAllText($"/proc/{Proxy.Id}/status");
        long peakKib = long.Parse(status.Split('\n').First(
            line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(
                ' ', StringSplitOptions.RemoveEmptyEntries)[^2]);
        Note($"the proxy had {peakKib} KiB at the most");
        Assert.InRange(peakKib, 1, 200_000);
    }

    [SlipwayFact]
    public void TcpEndpoint_OfAGuest_NeedsAFlagAndIsReachedThroughTheEngine()
    {
        StartDocker("dockerd.sh", "--host", "tcp://0.0.0.0:2375", "--tls=false");
        Proxy.Dispose();
        string endpoint = $"tcp:{Addresses.FirstGuest}:2375";
        ProgramResult refused = Site.Host.Run(
            Repository.Binary, "docker", "--listen", $"unix:{Socket}", "--guest", endpoint,
            "--control", Control);
        Assert.Equal(2, refused.ExitStatus);
        Assert.Contains("--allow-tcp", refused.Errors, StringComparison.Ordinal);
        Use(endpoint);
        StartProxy("--allow-tcp");
        Run("--name", "web", "-p", "8600:80", "box");
        Assert.True(Answers("127.0.0.1:8600"));
        Assert.Equal(
            Shell(Sum).OrFail().Output,
            Shell("seq 200000 | docker exec -i web sha256sum").OrFail().Output);

        // The engine away and back: the connections to dockerd went with it.
        StartEngineAgain();
        AwaitAnswer("127.0.0.1:8600");
        Docker("rm", "-f", "web").OrFail();
        AwaitSilence("127.0.0.1:8600");
    }

    [SlipwayFact]
    public void WrongOptions_AreNamedAndNothingListens()
    {
        foreach ((string option, string value) in ((string, string)[])[
            ("--listen", "tcp:127.0.0.1:2375"), ("--guest", "host:1"),
            ("--guest", "vsock:x"), ("--default-host-ip", "everywhere"),
            ("--listen", $"unix:/tmp/{new string('x', 120)}")])
        {
            Dictionary<string, string> options = new()
            {
                ["--listen"] = $"unix:{Socket}",
                ["--guest"] = "unix:/nowhere",
                ["--control"] = Control,
                ["--default-host-ip"] = "127.0.0.1",
                [option] = value,
            };
            ProgramResult result = Site.Host.Run(
                [Repository.Binary, "docker",
                    .. options.SelectMany(one => (string[])[one.Key, one.Value])]);
            Assert.Equal(2, result.ExitStatus);
            Assert.Contains(option, result.Errors, StringComparison.Ordinal);
            Assert.False(File.Exists(Socket));
        }
    }

    private static string Took(Action action, string what)
    {
        long start = Environment.TickCount64;
        action();
        return $"{what}: {Environment.TickCount64 - start} ms";
    }
}
