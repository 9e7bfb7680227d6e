using System.Globalization;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>A stock server in the guest, and stock clients at what is published of it.</summary>
public sealed class PublishedServerTests : SystemTest
{
    private const int PlainPort = 8080;
    private const int ProxyHeaderPort = 8081;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-served-").FullName;

    public PublishedServerTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    [SlipwayFact]
    public void ClientAddress_OfAnotherMachine_IsInTheServersLogWhereItIsShown()
    {
        Serve(
            $"0.0.0.0:8001:{PlainPort},client-address=client", $"0.0.0.0:8002:{PlainPort}",
            $"[::]:8003:{PlainPort},client-address=client",
            $"0.0.0.0:8004:{ProxyHeaderPort},proxy-protocol=v2",
            $"[::]:8005:{ProxyHeaderPort},proxy-protocol=v2");
        NetworkNamespace outside = Site.OutsideNamespace;
        Fetch(outside, "http://10.99.0.2:8001/shown");
        Fetch(outside, "http://10.99.0.2:8002/gateway");
        Fetch(outside, "http://[2001:db8:99::2]:8003/other-family");
        Fetch(outside, "http://10.99.0.2:8004/header");
        Fetch(outside, "http://[2001:db8:99::2]:8005/header6");
        Fetch(Site.Host, "http://127.0.0.1:8001/loopback");
        AssertLogged(Site.OutsideRouter, "/shown");
        AssertLogged(Addresses.Gateway, "/gateway");
        AssertLogged(Addresses.Gateway, "/other-family");
        AssertLogged(Site.OutsideRouter, "/header");
        AssertLogged(Site.OutsideRouter6, "/header6");
        AssertLogged(Addresses.Gateway, "/loopback");
    }

    [SlipwayFact]
    public void UnixSocketAndRange_UsedByCurl_ReachTheServer()
    {
        string socket = $"{_folder}/web.sock";
        Serve($"unix:{socket}:{PlainPort}", $"8010-8011:{PlainPort}-{ProxyHeaderPort}");
        string page = Site.Host.Run(
            "curl", "-sS", "--max-time", "20", "--unix-socket", socket, "http://localhost/unix")
            .OrFail().Output;
        Assert.Contains("hello from the guest", page, StringComparison.Ordinal);
        Fetch(Site.Host, "http://127.0.0.1:8010/range");
        Site.Host.Run(
            "curl", "-sS", "--max-time", "20", "--haproxy-protocol", "http://127.0.0.1:8011/end");
        Engine!.Stop();
        Assert.False(File.Exists(socket));
    }

    [SlipwayTheory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public void Families_OfHostAndGuest_MayBeAnyTwo(string host)
    {
        string control = $"unix:{_folder}/control.sock";
        Guest guest = StartGuest(1500, "--control", control);
        StartServer(guest);
        string address = guest.AwaitIpv6();
        foreach ((int port, string to) in ((int, string)[])[(8041, ""), (8042, $"[{address}]:")])
        {
            Site.Host.Run(
                Repository.Binary, "publish", $"{host}:{port}:{to}{PlainPort}", "--control",
                control).OrFail();
            Fetch(Site.Host, $"http://{host}:{port}/");
        }

        ProgramResult taken = Site.Host.Run(
            Repository.Binary, "publish", $"{host}:8041:81", "--control", control);
        Assert.Contains("slipway unpublish 1", taken.Errors, StringComparison.Ordinal);
        const string Client = """
            import socket, sys
            try:
                socket.create_connection((sys.argv[1], 8041)).recv(1)
            except ConnectionResetError:
                print("reset")
            """;
        using RunningProgram client = Site.Host.Start(
            "python3", "-c", Client, host.Trim('[', ']'));
        Eventually.Holds(TimeSpan.FromSeconds(10), "the connection is listed", () =>
            Site.Host.Run(Repository.Binary, "flows", "--control", control).Output
                .Contains("Established", StringComparison.Ordinal));
        Site.Host.Run(
            Repository.Binary, "unpublish", "1", "--close", "--control", control).OrFail();
        Assert.Equal("reset", client.ReadLine(TimeSpan.FromSeconds(10)));
    }

    [SlipwayFact]
    public void Connections_TenThousandThroughOnePort_AllAreServed()
    {
        Serve($"8001:{PlainPort}");
        const string Client = """
            import socket, sys
            from concurrent.futures import ThreadPoolExecutor
            def fetch(_):
                with socket.create_connection(("127.0.0.1", 8001), timeout=60) as conn:
                    conn.sendall(b"GET /many HTTP/1.0\r\n\r\n")
                    got = b""
                    while part := conn.recv(4096):
                        got += part
                    return b"hello from the guest" in got
            with ThreadPoolExecutor(64) as pool:
                print(sum(pool.map(fetch, range(10000))))
            """;
        ProgramResult result = Site.Host.Run(s_patience, "python3", "-c", Client).OrFail();
        Assert.Equal("10000", result.Output.Trim());
        Assert.True(Engine!.IsAlive);
    }

    [SlipwayFact]
    public void Wrk_AtAPublishedPort_SeesNoError()
    {
        Serve($"8001:{PlainPort}");
        string said = Site.Host.Run(
            s_patience, "wrk", "-t2", "-c64", "-d3s", "http://127.0.0.1:8001/wrk")
            .OrFail().Output;
        Note(said);
        Assert.Contains("requests in", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Socket errors", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", said, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Nmap_OfPublishedPorts_FindsThemAndTheServerBehind()
    {
        Serve($"8001-8004:{PlainPort}", $"8021-8022:{PlainPort}-{ProxyHeaderPort}");
        string ports = Site.Host.Run(
            s_patience, "nmap", "-Pn", "-n", "-sT", "-p", "8000-8025", "127.0.0.1")
            .OrFail().Output;
        Note(ports);
        foreach (int port in (int[])[8001, 8021, 8022])
        {
            Assert.Matches($"(?m)^{port}/tcp +open", ports);
        }

        Assert.DoesNotMatch("(?m)^8002/tcp +open", ports);

        // Its probes have times of their own, which a busy machine may miss.
        Eventually.Holds(s_patience, "nmap names the server", () =>
        {
            string said = Site.Host.Run(
                s_patience, "nmap", "-Pn", "-n", "-sV", "-p", "8001", "127.0.0.1").OrFail().Output;
            Note(said);
            return said.Contains("nginx", StringComparison.Ordinal);
        });
        Fetch(Site.Host, "http://127.0.0.1:8001/after");
    }

    [SlipwayFact]
    public void InheritedSocket_PublishedByItsName_ReachesTheServer()
    {
        Guest guest = Own(new Guest());
        const string Activate = """
            import os, socket, sys
            listener = socket.create_server(("127.0.0.1", 8030))
            os.dup2(listener.fileno(), 4)
            os.set_inheritable(4, True)
            os.environ.update(
                LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="ready:web")
            os.execv(sys.argv[1], sys.argv[1:])
            """;
        Own(new SlipwayEngine(
            Site, ["python3", "-c", Activate],
            [Link(guest), "--control", $"unix:{_folder}/control"]));
        StartServer(guest);
        string[] publish = [Repository.Binary, "publish", "--control", $"unix:{_folder}/control"];
        ProgramResult wrong = Site.Host.Run([.. publish, $"fd:web:{PlainPort}/udp"]);
        Assert.Equal(1, wrong.ExitStatus);
        Assert.Contains("leave /udp out", wrong.Errors, StringComparison.Ordinal);
        Site.Host.Run([.. publish, $"fd:web:{PlainPort}"]).OrFail();
        Fetch(Site.Host, "http://127.0.0.1:8030/inherited");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    private void Serve(params string[] publications) => StartServer(StartGuest(
        WideMtuBytes,
        ["--control=off", .. publications.SelectMany(one => (string[])["--publish", one])]));

    private void StartServer(Guest guest)
    {
        File.WriteAllText($"{_folder}/nginx.conf", string.Create(CultureInfo.InvariantCulture, $$"""
            daemon off; user root; pid {{_folder}}/pid; error_log {{_folder}}/error.log;
            worker_processes 1; worker_rlimit_nofile 8192;
            events { worker_connections 4096; }
            http {
              log_format seen '$remote_addr $proxy_protocol_addr $uri';
              access_log {{_folder}}/access.log seen; client_body_temp_path {{_folder}};
              proxy_temp_path {{_folder}}; fastcgi_temp_path {{_folder}};
              uwsgi_temp_path {{_folder}}; scgi_temp_path {{_folder}};
              server {
                listen {{PlainPort}}; listen [::]:{{PlainPort}};
                return 200 "hello from the guest\n";
              }
              server {
                listen {{ProxyHeaderPort}} proxy_protocol; return 200 "hello from the guest\n";
              }
            }
            """));
        Own(guest.Namespace.Start("nginx", "-c", $"{_folder}/nginx.conf", "-e",
            $"{_folder}/error.log"));
        Eventually.Holds(TimeSpan.FromSeconds(30), "nginx answers", () => guest.Run(
            "curl", "-sf", $"http://127.0.0.1:{PlainPort}/").ExitStatus == 0);
    }

    private static void Fetch(NetworkNamespace where, string url) => Assert.Contains(
        "hello from the guest",
        where.Run(TimeSpan.FromSeconds(30), "curl", "-sSg", "--max-time", "20", url)
            .OrFail().Output,
        StringComparison.Ordinal);

    // The client's address as the server has it, from the connection or from its header.
    private void AssertLogged(string client, string page)
    {
        string? line = null;
        Eventually.Holds(TimeSpan.FromSeconds(10), $"{page} is logged", () =>
        {
            line = File.ReadLines($"{_folder}/access.log").FirstOrDefault(
                one => one.EndsWith($" {page}", StringComparison.Ordinal));
            return line is not null;
        });
        string[] words = line!.Split(' ');
        Assert.Equal(client, words[1] == "-" ? words[0] : words[1]);
    }
}
