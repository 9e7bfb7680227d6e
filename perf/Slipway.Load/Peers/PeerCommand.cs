using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Slipway.Linux;

namespace Slipway.Load.Peers;

/// <summary>
/// `peer`: the traffic generator, which this program runs in its namespaces. Each client prints one
/// JSON object of named numbers.
/// </summary>
internal static class PeerCommand
{
    /// <summary>The words of a command line, without the program.</summary>
    public const string Name = "peer";

    public static Command Create()
    {
        Argument<string[]> words = new("words");
        Command command = new(Name, "Generate traffic (used by the other commands).")
        {
            Hidden = true,
        };
        command.Add(words);
        command.SetAction(result => Run(result.GetValue(words)!));
        return command;
    }

    private static int Run(string[] words)
    {
        (_, ulong hard) = CurrentProcess.DescriptorLimit;
        _ = CurrentProcess.SetDescriptorLimit(hard);
        if (words is ["serve", string first])
        {
            return PeerServer.Run(Number(first));
        }

        IPAddress address = IPAddress.Parse(words[1]);
        int port = Number(words[2]);
        if (words[0] == "hold")
        {
            (List<System.Net.Sockets.Socket> held, Dictionary<string, double> report) =
                PeerClient.Open(address, port + PeerPorts.Hold, Number(words[3]));
            Print(report);
            while (Console.In.Read() >= 0)
            {
            }

            GC.KeepAlive(held);
            return 0;
        }

        TimeSpan time = TimeSpan.FromSeconds(
            double.Parse(words[3], CultureInfo.InvariantCulture));
        Print(Measure(words[0], address, port, time, words.AsSpan(4)));
        return 0;
    }

    private static Dictionary<string, double> Measure(
        string what, IPAddress address, int port, TimeSpan time, ReadOnlySpan<string> rest)
    {
        IPEndPoint At(int service) => new(address, port + service);
        return what switch
        {
            "up" => PeerClient.Stream(
                At(PeerPorts.Stream), StreamTransfer.Upload, Number(rest[0]), time),
            "down" => PeerClient.Stream(
                At(PeerPorts.Stream), StreamTransfer.Download, Number(rest[0]), time),
            "rr" => PeerClient.RequestResponse(At(PeerPorts.Echo), time),
            "crr" => PeerClient.ConnectRequestClose(At(PeerPorts.Once), Number(rest[0]), time),
            "udpup" => DatagramClient.Up(
                At(PeerPorts.Datagram), Megabits(rest[0]), Number(rest[1]), time),
            "udpdown" => DatagramClient.Down(
                At(PeerPorts.Datagram), Megabits(rest[0]), Number(rest[1]), time),
            _ => throw new ArgumentException($"no traffic is called {what}"),
        };
    }

    private static void Print(Dictionary<string, double> report) =>
        Console.WriteLine(JsonSerializer.Serialize(report));

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static long Megabits(string word) => Number(word) * 1_000_000L;
}
