using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>What a service manager is told and reads.</summary>
public sealed class ServiceManagerTests : SystemTest
{
    private const StringComparison Ordinal = StringComparison.Ordinal;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);
    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-service-").FullName;

    public ServiceManagerTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    [SlipwayFact]
    public void Manager_WithAWatchdog_HearsOfTurnsUntilTheEngineStops()
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint($"{_folder}/notify"));
        using RunningProgram engine = StartEngineWith(
            $"NOTIFY_SOCKET={_folder}/notify", "WATCHDOG_USEC=200000");
        Assert.Equal("READY=1\nSTATUS=Serving guests", Receive(manager));
        Assert.StartsWith("WATCHDOG=1\nSTATUS=0 flows", Receive(manager), Ordinal);
        Assert.StartsWith("WATCHDOG=1\n", Receive(manager), Ordinal);
        engine.Signal("TERM");
        string last;
        do
        {
            last = Receive(manager);
        }
        while (last.StartsWith("WATCHDOG=1", Ordinal));
        Assert.Equal("STOPPING=1", last);
        engine.Finish(s_limit).OrFail();
    }

    [SlipwayFact]
    public void Manager_OfAnotherProcesssWatchdog_HearsNothingOfIt()
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint($"{_folder}/notify"));
        using RunningProgram engine = StartEngineWith(
            $"NOTIFY_SOCKET={_folder}/notify", "WATCHDOG_USEC=2000", "WATCHDOG_PID=1");
        Assert.StartsWith("READY=1", Receive(manager), Ordinal);
        engine.Signal("TERM");
        Assert.Equal("STOPPING=1", Receive(manager));
        engine.Finish(s_limit).OrFail();
    }

    [SlipwayFact]
    public void Log_AsJson_IsAnObjectALineWithTimeLevelAndMessage()
    {
        using RunningProgram engine = StartEngineWith([], "--log-format", "json");
        engine.Signal("USR1");
        Eventually.Holds(s_limit, "the counters are said", () =>
            engine.Errors.Contains("counted:", Ordinal));
        engine.Signal("TERM");
        string[] lines = engine.Finish(s_limit).OrFail().Errors.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length >= 2);
        foreach (string line in lines)
        {
            JsonElement one = JsonDocument.Parse(line).RootElement;
            Assert.EndsWith("Z", one.GetProperty("time").GetString(), Ordinal);
            Assert.True(one.GetProperty("time").TryGetDateTimeOffset(out _));
            Assert.Equal("information", one.GetProperty("level").GetString());
            Assert.NotEmpty(one.GetProperty("message").GetString()!);
        }
    }

    [SlipwayTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Log_InTheJournal_BeginsWithItsPriorityAndElsewhereDoesNot(bool isJournal)
    {
        // A file stands for the journal's socket: what counts is that the variable names it.
        string script = $": > {_folder}/log; JOURNAL_STREAM=$(stat -c %d:%i "
            + $"{(isJournal ? $"{_folder}/log" : _folder)}); export JOURNAL_STREAM; "
            + $"'{Repository.Binary}' run --link nonsense 2> {_folder}/log";
        Assert.Equal(2, Site.Host.Run("sh", "-c", script).ExitStatus);
        Assert.StartsWith(
            isJournal ? "<3>slipway: " : "slipway: ", File.ReadAllText($"{_folder}/log"), Ordinal);
    }

    [SlipwayFact]
    public void Format_Unknown_IsRefusedByName()
    {
        ProgramResult refused = Site.Host.Run(
            Repository.Binary, "run", "--link", "stream:/nowhere/s", "--log-format", "xml");
        Assert.Equal(2, refused.ExitStatus);
        Assert.Contains("--log-format xml: must be text or json", refused.Errors, Ordinal);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    private static string Receive(Socket manager)
    {
        byte[] datagram = new byte[4096];
        manager.ReceiveTimeout = (int)s_limit.TotalMilliseconds;
        return Encoding.UTF8.GetString(datagram, 0, manager.Receive(datagram));
    }

    private RunningProgram StartEngineWith(params string[] variables) =>
        StartEngineWith(variables, []);

    private RunningProgram StartEngineWith(string[] variables, params string[] options)
    {
        RunningProgram engine = Site.Host.Start([
            "env", .. variables, Repository.Binary, "run", "--control", "off",
            "--link", $"stream:{_folder}/guest", .. options]);
        Eventually.Holds(s_limit, "the engine is ready", () =>
            engine.Errors.Contains("ready", Ordinal));
        return engine;
    }
}
