using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.SystemTests.Harness;
using Xunit.Abstractions;

namespace Slipway.SystemTests;

/// <summary>Captures of a running engine, as tshark, tcpdump and capinfos read them.</summary>
public sealed partial class CaptureTests : SystemTest
{
    private const StringComparison Ordinal = StringComparison.Ordinal;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string _folder =
        Directory.CreateTempSubdirectory("slipway-capture-").FullName;

    public CaptureTests(Site site, ITestOutputHelper output)
        : base(site, output)
    {
    }

    private string Control => Path.Combine(_folder, "control.sock");

    private string FilePath => Path.Combine(_folder, "frames.pcapng");

    [SlipwayFact]
    public void Capture_OfAGuestsTraffic_HasItsLinkItsDirectionsAndEveryFrame()
    {
        Guest guest = StartEngineAndGuest();
        using RunningProgram capture = StartCapture("-w", FilePath);
        Fetch(guest);
        long frames = End(capture);
        string[] read = Tshark(
            "frame.interface_name", "frame.packet_flags_direction", "ip.src", "tcp.dstport");
        Assert.Equal(frames, read.Length);
        Assert.All(read, line => Assert.StartsWith("tap:tap0\t", line, Ordinal));
        string[] requests = [.. read.Where(line => line.EndsWith($"\t{Site.Port}", Ordinal))];
        Assert.NotEmpty(requests);
        Assert.All(
            requests, line => Assert.Contains("\t0x00000002\t192.168.127.2\t", line, Ordinal));
        string[] answers = [.. read.Where(line => line.Contains($"\t{Site.Outside}\t", Ordinal))];
        Assert.NotEmpty(answers);
        Assert.All(answers, line => Assert.Contains("\t0x00000001\t", line, Ordinal));
        ProgramResult dump = Host("tcpdump", "-n", "-r", FilePath).OrFail();
        Assert.Equal(frames, dump.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Count(line => line.Length > 0));
        Assert.Contains($"Number of packets:   {frames}", Host("capinfos", "-M", FilePath)
            .OrFail().Output, Ordinal);
    }

    [SlipwayFact]
    public void Capture_WithAFilterASnapAndACount_EndsWithWhatWasAskedFor()
    {
        Guest guest = StartEngineAndGuest();
        using RunningProgram capture = StartCapture(
            "-w", FilePath, "--link", "0", "--snap", "60", "--count", "3", "--filter",
            $"host={Site.Outside},port={Site.Port},proto=tcp");
        guest.Run("ping", "-c", "1", "-W", "5", "192.168.127.1").OrFail();
        Fetch(guest);
        Assert.Contains("3 frames", capture.Finish(Limit).OrFail().Errors, Ordinal);
        string[] read = Tshark("tcp.port", "frame.cap_len", "ip.proto");
        Assert.Equal(3, read.Length);
        Assert.All(read, line => Assert.Contains($"{Site.Port}", line, Ordinal));
        Assert.All(read, line => Assert.True(
            int.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture) <= 60, line));
    }

    [SlipwayFact]
    public void Capture_OfFramesThatAreDropped_SaysWhyAndOfWhichFlow()
    {
        Guest guest = StartEngineAndGuest();
        using RunningProgram capture = StartCapture("-w", FilePath, "--filter", "dropped=yes");
        guest.Run("ping", "-c", "1", "-W", "1", "240.0.0.1");
        Fetch(guest);
        long frames = End(capture);
        string[] comments = Tshark("frame.comment");
        Assert.Equal(frames, comments.Length);

        // The guest's kernel may say something of its own, too, that is dropped.
        Assert.Single(
            comments, comment => comment
                == "dropped: Unroutable; flow: icmp 192.168.127.2 > 240.0.0.1");
        Assert.All(comments, comment => Assert.StartsWith("dropped: ", comment, Ordinal));
    }

    [SlipwayFact]
    public void Capture_WhoseReaderStops_LosesFramesThatAreCountedAndHoldsUpNobody()
    {
        Guest guest = StartEngineAndGuest();
        using RunningProgram capture = StartCapture("-w", FilePath);
        capture.Signal("STOP");
        guest.Does(Limit, "down", Addresses.HostAlias, $"{Site.Port}", $"{256L << 20}");
        capture.Signal("CONT");
        long frames = End(capture, out long lost);
        Assert.True(lost > 0);
        Assert.Equal(frames, Tshark("frame.number").Length);
        Note($"{frames} frames kept, {lost} lost");
    }

    [SlipwayFact]
    public void Capture_OnAFullDisk_SaysSoLeavesAFileThatCanBeReadAndTheEngineServing()
    {
        Guest guest = StartEngineAndGuest();
        string small = Directory.CreateDirectory(Path.Combine(_folder, "small")).FullName;
        string script = $"mount -t tmpfs -o size=256k small {small}; : > {_folder}/mounted; "
            + $"'{Repository.Binary}' capture --control unix:{Control} -w {small}/f; status=$?; "
            + $"capinfos -c -M {small}/f; echo status $status";
        using RunningProgram capture = Site.Host.Start("unshare", "-m", "sh", "-c", script);
        Eventually.Holds(Limit, "a capture runs", () => Host("sh", "-c",
            $"curl -sS --unix-socket {Control} -X DELETE -o /dev/null -w '%{{http_code}}' "
            + "http://localhost/v1/capture/2").Output.Contains("404", Ordinal)
            && File.Exists($"{_folder}/mounted"));
        ProgramResult? ended = null;
        for (int i = 0; ended is null && i < 100; i++)
        {
            guest.Does(Limit, "down", Addresses.HostAlias, $"{Site.Port}", $"{1 << 20}");
            ended = capture.HasExited ? capture.Finish(Limit) : null;
        }

        Assert.NotNull(ended);
        Assert.Contains("status 1", ended.Output, Ordinal);
        Assert.Contains("No space left on device", ended.Errors, Ordinal);
        Assert.Contains("the engine goes on", ended.Errors, Ordinal);
        Assert.Contains("Number of packets:", ended.Output, Ordinal);
        Fetch(guest);
    }

    [SlipwayFact]
    public void Ring_OfAnEngineThatKeepsFrames_IsReadAfterTheEvent()
    {
        Guest guest = StartEngineAndGuest("--ring", "2MiB");
        Fetch(guest);
        Slipway("capture", "ring", "-w", FilePath).OrFail();
        Assert.Contains(
            $"tap:tap0\t{Site.Port}", Tshark("frame.interface_name", "tcp.dstport"));
        guest.Does(Limit, "down", Addresses.HostAlias, $"{Site.Port}", $"{64 << 20}");
        Slipway("capture", "ring", "-w", FilePath).OrFail();
        Assert.InRange(new FileInfo(FilePath).Length, 1 << 20, (2 << 20) + 4_096);
        Assert.NotEmpty(Tshark("frame.number"));
        Slipway("capture", "ring", "stop").OrFail();
        ProgramResult none = Slipway("capture", "ring", "-w", FilePath);
        Assert.Equal(1, none.ExitStatus);
        Assert.Contains("capture ring start 16MiB", none.Errors, Ordinal);
        Slipway("capture", "ring", "start", "1MiB").OrFail();
        Slipway("capture", "ring", "-w", FilePath).OrFail();
    }

    [SlipwayTheory]
    [InlineData("--filter", "colour=blue", "colour=blue")]
    [InlineData("--filter", "port=x", "port=80")]
    [InlineData("--link", "7", "0 (tap:tap0)")]
    [InlineData("--count", "0", "whole number")]
    [InlineData("-w", "/nowhere/f", "/nowhere/f")]
    public void Capture_AskedForWrongly_SaysWhatMayBeWritten(
        string option, string value, string said)
    {
        StartEngineAndGuest();
        ProgramResult refused = Slipway("capture", option, value, "--seconds", "1");
        Assert.Equal(1, refused.ExitStatus);
        Assert.Contains(said, refused.Errors, Ordinal);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"slipway: (?<frames>\d+) frames(, and (?<lost>\d+) lost)?")]
    private static partial Regex Summary();

    private Guest StartEngineAndGuest(params string[] arguments) =>
        StartGuest(WideMtuBytes, ["--control", $"unix:{Control}", .. arguments]);

    private RunningProgram StartCapture(params string[] arguments)
    {
        RunningProgram capture = Site.Host.Start(
            [Repository.Binary, "capture", "--control", $"unix:{Control}", .. arguments]);
        Eventually.Holds(Limit, "the capture has begun", () =>
            File.Exists(FilePath) && new FileInfo(FilePath).Length > 0);
        return capture;
    }

    private static long End(RunningProgram capture) => End(capture, out _);

    private static long End(RunningProgram capture, out long lost)
    {
        capture.Signal("INT");
        Match summary = Summary().Match(capture.Finish(Limit).OrFail().Errors);
        lost = summary.Groups["lost"].Success
            ? long.Parse(summary.Groups["lost"].Value, CultureInfo.InvariantCulture) : 0;
        return long.Parse(summary.Groups["frames"].Value, CultureInfo.InvariantCulture);
    }

    private static void Fetch(Guest guest) =>
        guest.Run("curl", "-sS", $"http://{Site.Outside}:{Site.Port}/").OrFail();

    private string[] Tshark(params string[] fields)
    {
        ProgramResult result = Host([
            "tshark", "-n", "-r", FilePath, "-T", "fields",
            .. fields.SelectMany(field => (string[])["-e", field])]).OrFail();
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private ProgramResult Host(params string[] command) => Site.Host.Run(Limit, command);

    private ProgramResult Slipway(params string[] words) =>
        Host([Repository.Binary, .. words, "--control", $"unix:{Control}"]);
}
