using Microsoft.AspNetCore.Http;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>
/// /v1/dns: GET lists; PUT dns/NAME sets a name, whose value is the body as the configuration
/// writes it in "dns.records" (409 for one that is built in or configured); DELETE dns/NAME.
/// /v1/proxy: GET tells where connections go; PUT sets it, as the configuration's "proxy"; DELETE
/// leaves it to the other sources again.
/// </summary>
internal sealed class NameApi(NetworkEngine engine)
{
    public Task ListAsync(HttpContext context) => ApiExchange.WriteAsync(
        context,
        [.. engine.ListDnsRecords().Select(
            record => new DnsReport(record.Name, record.Data.ToString(), record.TtlSeconds))],
        ApiJsonContext.Default.IReadOnlyListDnsReport);

    public async Task SetAsync(HttpContext context)
    {
        string json = await ApiExchange.ReadTextAsync(context).ConfigureAwait(false);
        engine.SetDnsRecords(NameIn(context), json);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public Task RemoveAsync(HttpContext context)
    {
        string name = NameIn(context);
        bool isFound;
        try
        {
            isFound = engine.RemoveDnsRecord(name);
        }
        catch (ArgumentException wrong)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, wrong.Message);
        }

        context.Response.StatusCode = isFound ? StatusCodes.Status204NoContent
            : throw new ApiException(
                StatusCodes.Status404NotFound,
                $"{name} was not added; GET /v1/dns lists what there is, and what is configured "
                    + "stays");
        return Task.CompletedTask;
    }

    public Task GetProxyAsync(HttpContext context) => ApiExchange.WriteAsync(
        context, new ProxyReport(engine.ProxyNow), ApiJsonContext.Default.ProxyReport);

    public async Task SetProxyAsync(HttpContext context)
    {
        engine.SetProxy(await ApiExchange.ReadTextAsync(context).ConfigureAwait(false));
        await GetProxyAsync(context).ConfigureAwait(false);
    }

    public Task ResetProxyAsync(HttpContext context)
    {
        engine.SetProxy(null);
        return GetProxyAsync(context);
    }

    private static string NameIn(HttpContext context) =>
        (string)context.Request.RouteValues["name"]!;
}
