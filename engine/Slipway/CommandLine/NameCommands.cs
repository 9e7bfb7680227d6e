using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Slipway.Control;

namespace Slipway;

/// <summary>`slipway dns` and `slipway proxy`: how guests find the world.</summary>
internal static class NameCommands
{
    public static Command CreateDns() => ControlOptions.CreateTable(
        "dns", "List the names that a running engine answers itself.",
        (client, stop) => client.ListDnsAsync(stop), ControlClient.DnsJson, List,
        CreateSet(), CreateRemove());

    public static Command CreateProxy() => ControlOptions.CreateShow(
        "proxy", "Show where guests' proxied connections of a running engine go.",
        (client, stop) => client.GetProxyAsync(stop), ControlClient.ProxyJson, Show,
        CreateSetProxy(), CreateResetProxy());

    private static Command CreateSet()
    {
        Argument<string> name = new("NAME") { Description = "*.NAME stands for all below it." };
        Argument<string[]> value = new("VALUE")
        {
            Description = "Addresses, or records as in the configuration: {\"txt\": [\"...\"]}.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new("set", "Add a name, or change one that was added.") { name, value };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, (client, stop) => client.SetDnsAsync(
            result.GetValue(name)!, ToJson(result.GetValue(value)!), stop)));
        return command;
    }

    private static Command CreateRemove()
    {
        Argument<string> name = new("NAME");
        Command command = new("remove", "Remove a name that was added.") { name };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, (client, stop) =>
            client.RemoveDnsAsync(result.GetValue(name)!, stop)));
        return command;
    }

    private static Command CreateSetProxy()
    {
        Argument<string[]> upstream = new("URL")
        {
            Description = "Tried in order: [http|https|socks5]://HOST[:PORT], or direct; or the "
                + "configuration's \"proxy\" as JSON.",
            Arity = ArgumentArity.OneOrMore,
        };
        Command command = new(
            "set", "Send the next connections by these; before all other settings.")
        {
            upstream,
        };
        ControlOptions options = new(command);
        command.SetAction(result => options.Run(result, async (client, stop) =>
        {
            string[] words = result.GetValue(upstream)!;
            await client.SetProxyAsync(
                IsJson(words) ? words[0]
                    : new JsonObject { ["all"] = JsonNode.Parse(ToJson(words)) }.ToJsonString(),
                stop);
            options.Print(
                result, await client.GetProxyAsync(stop), ControlClient.ProxyJson, Show);
        }));
        return command;
    }

    private static Command CreateResetProxy() => ControlOptions.CreateShow(
        "reset", "Leave it to the configuration, desktop and environment.",
        async (client, stop) =>
        {
            await client.ResetProxyAsync(stop);
            return await client.GetProxyAsync(stop);
        },
        ControlClient.ProxyJson, Show);

    private static Listing Show(ProxyReport proxy)
    {
        Listing listing = new("UPSTREAM");
        listing.Add(proxy.Upstream);
        return listing;
    }

    private static bool IsJson(string[] words) => words is [['{', ..]];

    // A list of texts, or the one word that is JSON already.
    private static string ToJson(string[] words) => IsJson(words) ? words[0]
        : new JsonArray([.. words.Select(word => (JsonNode)word)]).ToJsonString();

    private static Listing List(IReadOnlyList<DnsReport> names)
    {
        Listing listing = new("NAME", "TTL", "RECORD");
        foreach (DnsReport name in names)
        {
            listing.Add(
                name.Name, name.TtlSeconds?.ToString(CultureInfo.InvariantCulture) ?? "",
                name.Record);
        }

        return listing;
    }
}
