using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Slipway.Control;

namespace Slipway;

/// <summary>`slipway capture`: frames of a running engine, for Wireshark and its kin.</summary>
internal static class CaptureCommand
{
    private static Option<string> File => new("--write", "-w")
    {
        Description = "Where to: a file, or - for standard output. [- unless it is a terminal]",
        HelpName = "FILE",
    };

    private static Option<int?> Snap => new("--snap")
    {
        Description = "Of each frame at most. [all]",
        HelpName = "BYTES",
    };

    public static Command Create()
    {
        Option<string> file = File;
        Option<string> link = new("--link")
        {
            Description = "One link's frames, by its number from 0 or by its name. [all]",
            HelpName = "LINK",
        };
        Option<string> filter = new("--filter")
        {
            Description = "host=ADDRESS[/LENGTH], port=N[-N], "
                + "proto=tcp|udp|icmp|icmp6|ip4|ip6|arp, "
                + "mac=ADDRESS, dropped=yes|no; joined by commas. Terms of one key are "
                + "alternatives, each key must hold.",
            HelpName = "TERMS",
        };
        Option<int?> snap = Snap;
        Option<long?> count = new("--count", "-c")
        {
            Description = "End after so many frames.",
            HelpName = "N",
        };
        Option<int?> seconds = new("--seconds")
        {
            Description = "End after so long.",
            HelpName = "N",
        };
        Command command = new("capture", "Write the frames of a running engine as pcapng.")
        {
            file, link, filter, snap, count, seconds, CreateRing(),
        };
        ControlOptions options = new(command, hasJson: false);
        command.SetAction(result => options.Run(result, (client, stop) => WriteAsync(
            client, FileOf(result, file),
            Query(
                ("link", result.GetValue(link)), ("filter", result.GetValue(filter)),
                ("snap", Text(result.GetValue(snap))), ("count", Text(result.GetValue(count))),
                ("seconds", Text(result.GetValue(seconds)))),
            stop)));
        return command;
    }

    private static Command CreateRing()
    {
        Option<string> file = File;
        Command ring = new("ring", "Write the last frames, of an engine that keeps them.")
        {
            file, CreateRingStart(), CreateRingStop(),
        };
        ControlOptions options = new(ring, hasJson: false);
        ring.SetAction(result => options.Run(result, (client, stop) => WriteAsync(
            client, FileOf(result, file), "v1/capture/ring", stop)));
        return ring;
    }

    private static Command CreateRingStart()
    {
        Argument<string> size = new("SIZE") { Description = "Of the memory: 16MiB." };
        Option<int?> snap = Snap;
        Command command = new("start", "Keep the last frames from now on.") { size, snap };
        ControlOptions options = new(command, hasJson: false);
        command.SetAction(result => options.Run(result, (client, stop) => client.StartRingAsync(
            result.GetValue(size)!, result.GetValue(snap) ?? 0, stop)));
        return command;
    }

    private static Command CreateRingStop()
    {
        Command command = new("stop", "Forget the last frames, and keep none.");
        ControlOptions options = new(command, hasJson: false);
        command.SetAction(result =>
            options.Run(result, (client, stop) => client.StopRingAsync(stop)));
        return command;
    }

    private static string FileOf(ParseResult result, Option<string> file) =>
        result.GetValue(file) ?? (Console.IsOutputRedirected ? "-" : throw new HostRefusal(
            "standard output is a terminal; name a file with -w FILE, or pipe it: "
                + "`slipway capture -w - | wireshark -k -i -`"));

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string Query(params ReadOnlySpan<(string Key, string? Value)> terms)
    {
        List<string> words = [];
        foreach ((string key, string? value) in terms)
        {
            if (value is not null)
            {
                words.Add($"{key}={Uri.EscapeDataString(value)}");
            }
        }

        return $"v1/capture?{string.Join('&', words)}";
    }

    private static async Task WriteAsync(
        ControlClient client, string path, string query, CancellationToken stop)
    {
        using HttpResponseMessage response = await client.OpenCaptureAsync(query, stop);
        using CaptureFile file = new(path);
        int signals = 0;
        void End(PosixSignalContext context)
        {
            // The first one ends the capture in good order; a second one ends this at once.
            context.Cancel = Interlocked.Increment(ref signals) == 1;
            if (context.Cancel)
            {
                _ = client.EndCaptureAsync(response, CancellationToken.None);
            }
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, End);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, End);
        using Stream capture = await response.Content.ReadAsStreamAsync(stop);
        bool isWhole = await CopyAsync(file, capture);
        StandardError.Say(
            $"{file.Frames} frames"
            + (file.Lost > 0 ? $", and {file.Lost} lost since they were written too slowly" : "")
            + (isWhole ? "" : "; who read them has gone"));
    }

    private static async Task<bool> CopyAsync(CaptureFile file, Stream capture)
    {
        try
        {
            return await file.CopyAsync(capture);
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException)
        {
            throw new ControlException(
                $"the engine has ended; {file.Frames} frames were written before");
        }
    }
}
