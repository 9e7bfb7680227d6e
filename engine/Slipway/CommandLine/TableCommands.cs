using System.CommandLine;
using System.Globalization;
using Slipway.Control;
using Slipway.Stack;

namespace Slipway;

/// <summary>`slipway flows`, `leases` and `stats`: what there is in a running engine.</summary>
internal static class TableCommands
{
    public static Command CreateFlows() => ControlOptions.CreateTable(
        "flows", "List the connections that pass a running engine.",
        (client, stop) => client.ListFlowsAsync(stop), ControlClient.FlowsJson, List);

    public static Command CreateLeases() => ControlOptions.CreateTable(
        "leases", "List the guests' addresses of a running engine.",
        (client, stop) => client.ListLeasesAsync(stop), ControlClient.LeasesJson, List);

    public static Command CreateStatistics() => ControlOptions.CreateTable(
        "stats", "Print what a running engine has counted.",
        (client, stop) => client.GetStatisticsAsync(stop), ControlClient.StatisticsJson, List);

    private static Listing List(IReadOnlyList<FlowReport> flows)
    {
        Listing listing = new("PROTOCOL", "GUEST", "REMOTE", "NAME", "STATE");
        foreach (FlowReport flow in flows)
        {
            listing.Add(
                flow.Protocol, flow.Guest, flow.Remote, flow.Name ?? "", flow.State ?? "");
        }

        return listing;
    }

    private static Listing List(IReadOnlyList<LeaseReport> leases)
    {
        Listing listing = new("ADDRESS", "MAC", "NAME", "EXPIRES");
        foreach (LeaseReport lease in leases)
        {
            listing.Add(
                lease.Address, lease.Mac, lease.Name ?? "",
                lease.IsStatic ? "never" : lease.Expires.ToString(
                    "yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }

        return listing;
    }

    private static Listing List(StatisticsReport statistics)
    {
        Listing listing = new("COUNTED", "");
        foreach ((string name, long count) in statistics.Counted)
        {
            listing.Add(name, count.ToString(CultureInfo.InvariantCulture));
        }

        foreach ((string name, long count) in statistics.Dropped)
        {
            listing.Add($"dropped: {name}", count.ToString(CultureInfo.InvariantCulture));
        }

        foreach (BoundReport bound in statistics.Bounds)
        {
            string refused = bound.Refused + bound.RefusedOfShare == 0 ? ""
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $", refused {bound.Refused}, at a guest's share {bound.RefusedOfShare}");
            listing.Add(
                $"bound: {bound.Name}",
                string.Create(
                    CultureInfo.InvariantCulture, $"{bound.Used} of {bound.Most}{refused}"));
        }

        return listing;
    }
}
