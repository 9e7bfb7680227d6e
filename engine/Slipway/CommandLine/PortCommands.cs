using System.CommandLine;
using System.Globalization;
using Slipway.Control;

namespace Slipway;

/// <summary>`slipway ports`, `publish` and `unpublish`: ports of a running engine.</summary>
internal static class PortCommands
{
    public static Command CreatePorts() => ControlOptions.CreateTable(
        "ports", "List the published ports of a running engine.",
        (client, stop) => client.ListPortsAsync(stop), ControlClient.PortsJson, List);

    public static Command CreatePublish()
    {
        Argument<string> port = new("PORT")
        {
            Description = "[HOSTIP:]HOSTPORT:[GUESTIP:]GUESTPORT[/tcp|udp]; HOSTPORT 0 takes a "
                + "free one.",
        };
        Command command = new("publish", "Publish a guest's port of a running engine.") { port };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, async (client, stop) =>
            options.Print(
                result, [await client.PublishAsync(result.GetValue(port)!, stop)],
                ControlClient.PortsJson, List)));
        return command;
    }

    public static Command CreateUnpublish()
    {
        Argument<string> port = new("PORT")
        {
            Description = "Its number in `slipway ports`, or where the host listens: "
                + "127.0.0.1:8080[/tcp|udp].",
        };
        Command command = new(
            "unpublish", "Close a published port of a running engine; its connections go on.")
        {
            port,
        };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, (client, stop) =>
            UnpublishAsync(client, result.GetValue(port)!, stop)));
        return command;
    }

    private static async Task UnpublishAsync(
        ControlClient client, string text, CancellationToken stop)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            string address = text.Contains('/', StringComparison.Ordinal) ? text : $"{text}/tcp";
            PortReport? named = (await client.ListPortsAsync(stop)).FirstOrDefault(
                port => address == $"{port.Host}/{port.Protocol}");
            id = named?.Id ?? throw new ControlException(
                $"{address} is not published; `slipway ports` lists what is");
        }

        await client.UnpublishAsync(id, stop);
    }

    private static Listing List(IReadOnlyList<PortReport> ports)
    {
        Listing listing = new("ID", "PROTOCOL", "HOST", "GUEST");
        foreach (PortReport port in ports)
        {
            listing.Add(
                port.Id.ToString(CultureInfo.InvariantCulture), port.Protocol, port.Host,
                port.Guest);
        }

        return listing;
    }
}
