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
            Description = "[HOSTIP:]HOSTPORT[-LAST]:[GUEST:]GUESTPORT[-LAST][/tcp|udp]"
                + "[,OPTION...]; HOSTPORT 0 takes a free one, GUEST is an address or a lease's "
                + "name. Or unix:PATH:[GUEST:]GUESTPORT. Options: client-address=client shows "
                + "guests the client's own address, proxy-protocol=v2 tells it in a header, "
                + "mode=0660 is of a Unix socket.",
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
                + "127.0.0.1:8080[/tcp|udp], unix:PATH.",
        };
        Option<bool> close = new("--close")
        {
            Description = "Reset its TCP connections, too.",
        };
        Command command = new(
            "unpublish", "Close a published port of a running engine; its connections go on.")
        {
            port, close,
        };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, (client, stop) =>
            UnpublishAsync(
                client, result.GetValue(port)!, result.GetValue(close), stop)));
        return command;
    }

    private static async Task UnpublishAsync(
        ControlClient client, string text, bool closes, CancellationToken stop)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            PortReport? named = (await client.ListPortsAsync(stop)).FirstOrDefault(
                port => text == $"{port.Host}/{port.Protocol}"
                    || (text == port.Host && port.Protocol == "tcp"));
            id = named?.Id ?? throw new ControlException(
                $"{text} is not published; `slipway ports` lists what is");
        }

        await client.UnpublishAsync(id, closes, stop);
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
