using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Slipway.Load.Peers;
using Slipway.Wire;

namespace Slipway.Load.Virtio;

/// <summary>
/// `virtio SOCKET up|down ADDRESS PORT SECONDS MTU [BUFFER RUN]`: a virtual machine as far as the
/// engine can tell, with nothing in it but a driver that polls and one TCP connection to a
/// <see cref="PeerServer"/>. Prints what <see cref="PeerCommand"/> prints.
/// </summary>
internal static class VirtioPeerCommand
{
    public const string Name = "virtio";

    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        Argument<string[]> words = new("words");
        Command command = new(Name, "A guest over vhost-user (used by the other commands).")
        {
            Hidden = true,
        };
        command.Add(words);
        command.SetAction(result => Run(result.GetValue(words)!));
        return command;
    }

    private static int Run(string[] words)
    {
        TimeSpan time = TimeSpan.FromSeconds(
            double.Parse(words[4], CultureInfo.InvariantCulture));
        GuestBuffers buffers = words.Length > 6
            ? new GuestBuffers(Number(words[6]), Number(words[7])) : GuestBuffers.Linux;
        using VirtioInterface device = new(words[0], buffers);
        BulkConnection connection = new(
            device, IpAddress.Parse(words[2]), (ushort)(Number(words[3]) + PeerPorts.Stream));
        connection.Connect(Number(words[5]));
        Dictionary<string, double> report =
            words[1] == "up" ? Up(connection, time) : Down(connection, time);
        report["finished"] = 1;
        report["retransmissions"] = connection.Retransmissions;
        report["kicks"] = device.Kicks;
        connection.Reset();
        Console.WriteLine(JsonSerializer.Serialize(report));
        return 0;
    }

    // The server measures, and says at the end what came.
    private static Dictionary<string, double> Up(BulkConnection connection, TimeSpan time)
    {
        connection.Request(StreamTransfer.Request(StreamTransfer.Upload, time));
        long start = Stopwatch.GetTimestamp();
        while (connection.LastText.Length < StreamTransfer.ReportBytes)
        {
            connection.Turn(sends: true);
            if (Stopwatch.GetElapsedTime(start) > time + Patience)
            {
                throw new LoadException("vhost-user front end: the server does not report");
            }
        }

        (long counted, long nanoseconds) = StreamTransfer.ReadReport(connection.LastText);
        return Report(counted, nanoseconds, connection.Acknowledged);
    }

    private static Dictionary<string, double> Down(BulkConnection connection, TimeSpan time)
    {
        connection.Request(StreamTransfer.Request(StreamTransfer.Download, time));
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Settle)
        {
            connection.Turn(sends: false);
        }

        long before = connection.Received;
        start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            connection.Turn(sends: false);
        }

        return Report(connection.Received - before,
            (long)Stopwatch.GetElapsedTime(start).TotalNanoseconds, connection.Received);
    }

    private static Dictionary<string, double> Report(
        long counted, long nanoseconds, long bytes) => new()
        {
            ["bps"] = counted * 8e9 / nanoseconds,
            ["bytes"] = bytes,
        };

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);
}
