using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Slipway.Engine;
using Slipway.Services;
using Slipway.Stack;

namespace Slipway.Control;

/// <summary>
/// The paths of gvproxy's API, with its bodies, statuses and texts, so that programs which steer
/// gvproxy steer this engine. What gvproxy reads by GET it tells to every method.
/// </summary>
internal sealed class GvproxyApi(NetworkEngine engine)
{
    private const string NotFound = "404 page not found";

    public GvproxyForwards Forwards { get; } = new(engine);

    private readonly GvproxyZones _zones = new(engine);

    public void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "/services/forwarder/all", context => ListForwardsAsync(context, default));
        Map(routes, "/services/forwarder/expose", context => ExposeAsync(context, default));
        Map(routes, "/services/forwarder/unexpose", context => UnexposeAsync(context, default));
        Map(routes, "/services/dns/all", ListZonesAsync);
        Map(routes, "/services/dns/add", AddZoneAsync);
        Map(routes, "/services/dhcp/leases", ListLeasesAsync);
        Map(routes, "/leases", ListLeasesAsync);
        Map(routes, "/cam", ListStationsAsync);
        Map(routes, "/stats", WriteStatisticsAsync);
    }

    /// <summary>What a guest may ask: published ports.</summary>
    public Task ServeGuestAsync(HttpContext context, GvproxyCaller guest) =>
        GvproxyExchange.AnswerAsync(context, one => one.Request.Path.Value switch
        {
            "/services/forwarder/all" => ListForwardsAsync(one, guest),
            "/services/forwarder/expose" => ExposeAsync(one, guest),
            "/services/forwarder/unexpose" => UnexposeAsync(one, guest),
            _ => WriteNotFoundAsync(one),
        });

    /// <summary>What there is not, neither here nor under /v1.</summary>
    public static Task WriteNotFoundAsync(HttpContext context) =>
        GvproxyExchange.WriteTextAsync(context, StatusCodes.Status404NotFound, NotFound);

    private static void Map(
        IEndpointRouteBuilder routes, string path, Func<HttpContext, Task> answer) =>
        routes.Map(
            path, (RequestDelegate)(context => GvproxyExchange.AnswerAsync(context, answer)));

    private Task ListForwardsAsync(HttpContext context, GvproxyCaller caller) =>
        GvproxyExchange.WriteJsonAsync(context, json => Forwards.Write(json, caller));

    private async Task ExposeAsync(HttpContext context, GvproxyCaller caller) =>
        Forwards.Expose(
            await GvproxyExchange.ReadPostAsync(context, "ExposeRequest").ConfigureAwait(false),
            caller);

    private async Task UnexposeAsync(HttpContext context, GvproxyCaller caller) =>
        Forwards.Unexpose(
            await GvproxyExchange.ReadPostAsync(context, "UnexposeRequest").ConfigureAwait(false),
            caller);

    private Task ListZonesAsync(HttpContext context) =>
        GvproxyExchange.WriteJsonAsync(context, _zones.Write);

    private async Task AddZoneAsync(HttpContext context) => _zones.Add(
        await GvproxyExchange.ReadPostAsync(context, "Zone").ConfigureAwait(false));

    private Task ListLeasesAsync(HttpContext context)
    {
        SortedDictionary<string, string> leases = new(StringComparer.Ordinal)
        {
            [engine.Configuration.Gateway.ToString()] =
                engine.Configuration.GatewayMac.ToString(),
        };
        foreach (LeaseEntry lease in engine.ListLeases().Where(lease => lease.Address.IsIPv4))
        {
            leases[lease.Address.ToString()] = lease.Mac.ToString();
        }

        return GvproxyExchange.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            foreach ((string address, string mac) in leases)
            {
                json.WriteString(address, mac);
            }

            json.WriteEndObject();
        });
    }

    private Task ListStationsAsync(HttpContext context) =>
        GvproxyExchange.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            foreach (StationEntry station in engine.ListStations()
                .OrderBy(station => station.Mac.ToString(), StringComparer.Ordinal))
            {
                json.WriteNumber(station.Mac.ToString(), station.Port);
            }

            json.WriteEndObject();
        });

    private Task WriteStatisticsAsync(HttpContext context) =>
        GvproxyExchange.WriteJsonAsync(context, json => GvproxyStatistics.Write(json, engine));
}
