using System.CommandLine;
using System.Globalization;
using Slipway.Control;

namespace Slipway;

/// <summary>`slipway services`: what a running engine leads elsewhere.</summary>
internal static class ServiceCommands
{
    public static Command Create() => ControlOptions.CreateShow(
        "services", "List the services of a running engine, and what it intercepts.",
        (client, stop) => client.ListServicesAsync(stop), ControlClient.ServicesJson, List,
        CreateAdd(), CreateRemove());

    private static Command CreateAdd()
    {
        Argument<string> service = new("JSON")
        {
            Description = "As in the configuration: "
                + """{"name": "web.internal", "port": 80, "target": "unix:/run/web.sock"}, """
                + """or with "destination".""",
        };
        Command command = new("add", "Add a service, or something to intercept.") { service };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, async (client, stop) =>
            options.Print(
                result, [await client.AddServiceAsync(result.GetValue(service)!, stop)],
                ControlClient.ServicesJson, List)));
        return command;
    }

    private static Command CreateRemove()
    {
        Argument<int> id = new("ID") { Description = "Its number in `slipway services`." };
        Command command = new("remove", "Remove a service; its connections go on.") { id };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, (client, stop) =>
            client.RemoveServiceAsync(result.GetValue(id), stop)));
        return command;
    }

    private static Listing List(IReadOnlyList<ServiceReport> services)
    {
        Listing listing = new("ID", "NAME", "DESTINATION", "PORTS", "TARGET");
        foreach (ServiceReport service in services)
        {
            listing.Add(
                service.Id.ToString(CultureInfo.InvariantCulture), service.Name ?? "",
                service.Destination, service.Ports, service.Target);
        }

        return listing;
    }
}
