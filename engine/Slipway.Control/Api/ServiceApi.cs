using Microsoft.AspNetCore.Http;
using Slipway.Engine;

namespace Slipway.Control;

/// <summary>
/// /v1/services: GET lists; POST adds one as the configuration writes it in "services" or
/// "intercept" (201, 400 with the key that is wrong, 409 if its place is taken); DELETE
/// services/ID removes it, and its open connections go on.
/// </summary>
internal sealed class ServiceApi(NetworkEngine engine)
{
    public Task ListAsync(HttpContext context) => ApiExchange.WriteAsync(
        context, [.. engine.Services.Select(Report)],
        ApiJsonContext.Default.IReadOnlyListServiceReport);

    public async Task AddAsync(HttpContext context)
    {
        string json = await ApiExchange.ReadTextAsync(context).ConfigureAwait(false);
        ServiceEntry service = engine.AddService(json);
        await ApiExchange.WriteAsync(
            context, Report(service), ApiJsonContext.Default.ServiceReport,
            StatusCodes.Status201Created).ConfigureAwait(false);
    }

    public Task RemoveAsync(HttpContext context) => ApiExchange.DeleteAsync(
        context, engine.RemoveService, "service", "/v1/services");

    private static ServiceReport Report(ServiceEntry service)
    {
        ServiceSpecification one = service.Specification;
        return new ServiceReport(
            service.Id, one.Name,
            one.IsVirtual ? one.Destinations[0].Network.ToString()
                : string.Join(", ", one.Destinations.Select(prefix => prefix.ToString())),
            one.Ports.ToString(), one.Target.Text);
    }
}
