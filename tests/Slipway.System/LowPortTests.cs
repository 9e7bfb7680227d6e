using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>
/// Ports below 1024 for a user without privilege, where the kernel keeps them for root.
/// </summary>
public sealed class LowPortTests : SystemTest
{
    private const string User = "65534";
    private const string OtherUser = "65533";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("slipway-low-").FullName;
    private readonly NetworkNamespace _host;

    public LowPortTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
        _host = Own(new NetworkNamespace("low"));
        _host.Set("net.ipv4.ip_unprivileged_port_start", "1024");
        File.SetUnixFileMode(_folder, (UnixFileMode)511);
        File.WriteAllText(
            $"{_folder}/slipway.json", $$"""{ "helper": "unix:{{_folder}}/helper.sock" }""");
    }

    [SlipwayFact]
    public void LowPort_WithoutHelper_IsRefusedWithTheWaysToHaveIt()
    {
        ProgramResult refused = Attempt(User, "80:80");
        Assert.Equal(2, refused.ExitStatus);
        Assert.Contains("port 80 may not be bound", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("slipway doctor", refused.Errors, StringComparison.Ordinal);
        string doctor = As(User, "doctor").Output;
        foreach (string way in (string[])["ip_unprivileged_port_start", "setcap", "slipway helper"])
        {
            Assert.Contains(way, doctor, StringComparison.Ordinal);
        }
    }

    [SlipwayFact]
    public void LowPort_ThatTheHelperAllows_IsBoundForItsUserAlone()
    {
        RunningProgram helper = StartHelper();
        using (RunningProgram engine = StartAs(User, "127.0.0.1:80:80", "[::1]:53:53/udp"))
        {
            string sockets = _host.Run("ss", "-Hlntu").OrFail().Output;
            Assert.Contains("127.0.0.1:80 ", sockets, StringComparison.Ordinal);
            Assert.Contains("[::1]:53 ", sockets, StringComparison.Ordinal);
            ProgramResult taken = Attempt(User, "80:80");
            Assert.Contains("TCP port 80", taken.Errors, StringComparison.Ordinal);
            Assert.Contains("slipway (process ", taken.Errors, StringComparison.Ordinal);
        }

        foreach ((string user, string publication) in
            ((string, string)[])[(User, "81:80"), (User, "80:80/udp"), (OtherUser, "80:80")])
        {
            ProgramResult refused = Attempt(user, publication);
            Note(refused.Errors);
            Assert.Equal(2, refused.ExitStatus);
            Assert.Contains("--allow", refused.Errors, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(":80 ", _host.Run("ss", "-Hlntu").Output, StringComparison.Ordinal);
        Assert.Contains("user 65533", helper.Errors, StringComparison.Ordinal);
    }

    [SlipwayFact]
    public void Helper_ThatIsToldNonsense_AnswersTheNextOne()
    {
        StartHelper();
        const string Nonsense = """
            import socket, sys
            for message in [b"", b"x", b"GET / HTTP/1.0\r\n\r\n", bytes(20), b"\x01" * 20,
                            b"\x02\x06\x00\x50" + bytes(16), b"\x01\x06\x00\x00" + bytes(16),
                            b"\x01\x06\x00\x51" + bytes(16), b"\x01" * 65536]:
                with socket.socket(socket.AF_UNIX) as conn:
                    conn.settimeout(20)
                    conn.connect(sys.argv[1])
                    try:
                        conn.sendall(message)
                        conn.shutdown(socket.SHUT_WR)
                        answer, rights, _, _ = conn.recvmsg(10, 1000)
                    except OSError:
                        continue
                    assert answer[:1] not in (b"", b"\0") and not rights, (message[:9], answer)
            """;
        _host.Run(
            TimeSpan.FromSeconds(60), "setpriv", $"--reuid={User}", $"--regid={User}",
            "--clear-groups", "/usr/bin/python3", "-c", Nonsense, $"{_folder}/helper.sock")
            .OrFail();
        using RunningProgram engine = StartAs(User, "80:80");
    }

    [SlipwayFact]
    public void Helper_BesidesStrangersWhoSayNothing_AnswersItsUser()
    {
        StartHelper();
        const string Silence = """
            import socket, sys, threading
            def ask():
                while True:
                    with socket.socket(socket.AF_UNIX) as conn:
                        conn.connect(sys.argv[1])
                        try:
                            conn.recv(1)
                        except OSError:
                            pass
            for _ in range(100):
                threading.Thread(target=ask).start()
            print("asks", file=sys.stderr, flush=True)
            """;
        using RunningProgram strangers = _host.Start(
            "setpriv", $"--reuid={OtherUser}", $"--regid={OtherUser}", "--clear-groups",
            "/usr/bin/python3", "-c", Silence, $"{_folder}/helper.sock");
        Eventually.Holds(s_patience, "strangers ask", () =>
            strangers.Errors.Contains("asks", StringComparison.Ordinal));
        using RunningProgram engine = StartAs(User, "80:80");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    private RunningProgram StartHelper()
    {
        string socket = $"{_folder}/helper.sock";
        RunningProgram helper = Own(_host.Start(
            Repository.Binary, "helper", "--allow", "80,53/udp", "--user", User, "--listen",
            $"unix:{socket}"));
        Eventually.Holds(s_patience, "the helper listens", () =>
            helper.Errors.Contains("binds 80", StringComparison.Ordinal));
        return helper;
    }

    private string[] Command(string user, params string[] publications) => [
        "setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", Repository.Binary,
        "run", "--link", $"stream:{_folder}/{Guid.NewGuid():N}", "--control=off", "--config",
        $"{_folder}/slipway.json",
        .. publications.SelectMany(one => (string[])["--publish", one]),
    ];

    private ProgramResult As(string user, string command) => _host.Run(
        "setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", Repository.Binary,
        command);

    private ProgramResult Attempt(string user, string publication) =>
        _host.Run(s_patience, Command(user, publication));

    private RunningProgram StartAs(string user, params string[] publications)
    {
        RunningProgram engine = _host.Start(Command(user, publications));
        Eventually.Holds(s_patience, "the engine serves", () =>
            engine.Errors.Contains("ready: ", StringComparison.Ordinal)
            || engine.HasExited);
        Assert.False(engine.HasExited, engine.Errors);
        return engine;
    }
}
