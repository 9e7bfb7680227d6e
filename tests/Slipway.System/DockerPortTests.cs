using System.Text.Json.Nodes;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Ports that containers of a guest's dockerd publish on the host.</summary>
public sealed class DockerPortTests(Site site, ITestOutputHelper output) : DockerTest(site, output)
{
    [SlipwayFact]
    public void Run_WithEveryFormOfPublish_AnswersOnTheHostAndShowsWhatWasAsked()
    {
        StartDocker();
        Run("--name", "plain", "-p", "80:80", "box");
        Assert.True(Answers("127.0.0.1:80"));
        Assert.True(Answers("localhost"));
        Assert.Equal("80/tcp -> 127.0.0.1:80", PortsOf("plain"));
        Assert.False(Answers("10.99.0.2:80", Site.OutsideNamespace));

        Run("--name", "open", "-p", "0.0.0.0:8081:80", "-p", "[::1]:8082:80", "box");
        Assert.True(Answers("10.99.0.2:8081", Site.OutsideNamespace));
        Assert.True(Answers("[::1]:8082"));

        // The same port of the guest, and ranges in which one is taken.
        Run("--name", "range", "-p", "8081-8090:80", "box");
        Assert.Equal("80/tcp -> 127.0.0.1:8082", PortsOf("range"));
        Assert.True(Answers("127.0.0.1:8082"));

        Run("--name", "all", "-P", "box");
        string[] all = PortsOf("all").Split(", ");
        Assert.StartsWith("53/udp -> 127.0.0.1:", all[0], StringComparison.Ordinal);
        Assert.True(Answers(all[1].Split(" -> ")[1]));

        JsonNode inspected = Inspect("plain");
        Assert.Equal(
            """{"80/tcp":[{"HostIp":"","HostPort":"80"}]}""",
            inspected["HostConfig"]!["PortBindings"]!.ToJsonString());
        Assert.Equal(
            """[{"HostIp":"127.0.0.1","HostPort":"80"}]""",
            inspected["NetworkSettings"]!["Ports"]!["80/tcp"]!.ToJsonString());
        Assert.DoesNotContain("dev.slipway", inspected.ToJsonString(), StringComparison.Ordinal);
        string listed = Docker("ps", "--format", "{{.Names}} {{.Ports}}").OrFail().Output;
        Assert.Contains("range 53/udp, 127.0.0.1:8082->80/tcp", listed, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Run_PublishingUdp_CarriesDatagrams()
    {
        StartDocker();
        Run("-p", "127.0.0.1:8080:80/udp", "box", "/usr/bin/socat", "UDP-LISTEN:80,fork",
            "PIPE");
        Eventually.Holds(Patience, "the datagram comes back", () => Shell(
            "echo hello | socat -t 2 - UDP:127.0.0.1:8080").Output == "hello");
    }

    [SlipwayFact]
    public void Run_WithATakenPort_SaysWhoHasItAndStartsNothing()
    {
        StartDocker();
        ProgramResult taken = Docker(
            "run", "--rm", "-p", "7100:80", "-p", $"{Site.Port}:81", "--name", "late", "box");
        Note(taken.Errors);
        Assert.Equal(125, taken.ExitStatus);
        Assert.Contains(
            "driver failed programming external connectivity on endpoint late: Bind for "
                + $"127.0.0.1:{Site.Port} failed: port is already allocated (TCP port",
            taken.Errors, StringComparison.Ordinal);
        Assert.Contains("python3", taken.Errors, StringComparison.Ordinal);
        Assert.Equal("[]", Published().ToJsonString());
        Assert.Empty(Docker("ps", "-aq").OrFail().Output.Trim());

        string first = Run("--name", "first", "-p", "7100:80", "box");
        ProgramResult second = Docker("run", "-d", "-p", "7100:80", "--name", "second", "box");
        Assert.Contains(
            $"port is already allocated (container {first[..12]} has it", second.Errors,
            StringComparison.Ordinal);
        Assert.Equal("created", (string?)Inspect("second")["State"]!["Status"]);
        Assert.True(Answers("127.0.0.1:7100"));

        // It can be started as soon as the port is free, though both want the guest's 7100, too.
        Docker("stop", "-t", "0", "first").OrFail();
        Docker("start", "second").OrFail();
        Assert.True(Answers("127.0.0.1:7100"));
    }

    [SlipwayFact]
    public void Create_WithWhatCannotBePublished_IsRefusedByName()
    {
        StartDocker();
        ProgramResult sctp = Docker("create", "-p", "9999:9999/sctp", "box");
        Assert.Contains("9999/sctp cannot be published", sctp.Errors, StringComparison.Ordinal);
        ProgramResult foreign = Docker("run", "-p", "192.0.2.1:80:80", "box");
        Assert.Contains(
            "192.0.2.1 is not an address of this host", foreign.Errors, StringComparison.Ordinal);
        ProgramResult missing = Docker("start", "nobody");
        Assert.Contains("No such container: nobody", missing.Errors, StringComparison.Ordinal);
        Assert.Equal("[]", Published().ToJsonString());
    }

    [SlipwayFact]
    public void Ports_OfAContainerThatStopsAndStarts_FollowIt()
    {
        StartDocker();
        Run("--name", "web", "-p", "8100:80", "box");
        Docker("restart", "-t", "0", "web").OrFail();
        AwaitAnswer("127.0.0.1:8100");
        Docker("rename", "web", "site").OrFail();
        Assert.True(Answers("127.0.0.1:8100"));
        Docker("stop", "-t", "0", "site").OrFail();
        AwaitSilence("127.0.0.1:8100");
        Docker("start", "site").OrFail();
        AwaitAnswer("127.0.0.1:8100");
        Docker("kill", "site").OrFail();
        AwaitSilence("127.0.0.1:8100");

        // It ends by itself, and is started in the guest, which nobody asked the proxy for.
        Run("--name", "once", "-p", "8101:80", "box", "sh", "-c", "cat /www/x; exec sleep 1");
        AwaitSilence("127.0.0.1:8101");
        InGuest.Docker("start", "site").OrFail();
        AwaitAnswer("127.0.0.1:8100");
        Docker("rm", "-f", "site").OrFail();
        AwaitSilence("127.0.0.1:8100");
        Assert.Equal("[]", Published().ToJsonString());
    }

    [SlipwayFact]
    public void Ports_AfterEitherSideWasStartedAnew_AreAsBefore()
    {
        StartDocker();
        Run("--name", "stays", "-p", "8200:80", "-p", "80", "-P", "box");
        Run("--name", "goes", "-p", "8201:80", "box");
        string before = PortsOf("stays");
        Proxy.Signal("KILL");
        Proxy.Finish(Patience);
        Assert.True(Answers("127.0.0.1:8200"));
        InGuest.Docker("rm", "-f", "goes").OrFail();
        StartProxy();
        AwaitSilence("127.0.0.1:8201");
        Assert.True(Answers("127.0.0.1:8200"));
        Assert.Equal(before, PortsOf("stays"));

        StartEngineAgain();
        AwaitAnswer("127.0.0.1:8200");
        Eventually.Holds(Patience, "all ports are there again", () => Published().Count == 3);
        Assert.Equal(before, PortsOf("stays"));
        Docker("rm", "-f", "stays").OrFail();
        AwaitSilence("127.0.0.1:8200");
        Assert.Equal("[]", Published().ToJsonString());
    }

    [SlipwayFact]
    public void Compose_WithItsFormsOfPorts_PublishesThem()
    {
        StartDocker();
        string file = Path.Combine(InGuest.Folder, "docker-compose.yml");
        File.WriteAllText(file, """
            version: "3.3"
            services:
              web:
                image: box
                ports: ["8300:80", "127.0.0.1:8301:81", "8302-8303:82-83", "53/udp"]
              other:
                image: box
                ports: [{ target: 80, published: 8304, protocol: tcp }]
            """);
        Shell($"docker-compose -f {file} -p demo up -d").OrFail();
        Assert.True(Answers("127.0.0.1:8300"));
        Assert.True(Answers("127.0.0.1:8304"));
        string listed = Shell($"docker-compose -f {file} -p demo ps").OrFail().Output;
        Assert.Contains("127.0.0.1:8301->81/tcp", listed, StringComparison.Ordinal);
        Assert.Equal(6, Published().Count);
        Shell($"docker-compose -f {file} -p demo up -d --force-recreate -t 0").OrFail();
        Assert.True(Answers("127.0.0.1:8300"));
        Shell($"docker-compose -f {file} -p demo down -t 0").OrFail();
        AwaitSilence("127.0.0.1:8300");
        Assert.Equal("[]", Published().ToJsonString());
    }

    [SlipwayFact]
    public void Podman_InThePlaceOfDocker_PublishesTheSame()
    {
        StartDocker("podman.sh");
        Run("--name", "web", "-p", "8400:80", "-p", "8401-8410:81", "box");
        AwaitAnswer("127.0.0.1:8400");
        Assert.Equal("80/tcp -> 127.0.0.1:8400, 81/tcp -> 127.0.0.1:8401", PortsOf("web"));
        Docker("rm", "-f", "web").OrFail();
        AwaitSilence("127.0.0.1:8400");
    }
}
