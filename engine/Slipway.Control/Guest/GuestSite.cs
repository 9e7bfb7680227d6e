using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Engine;
using Slipway.Services;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>
/// The paths at port 80 of the gateway: a page that tells a guest about itself, and gvproxy's
/// forwarder where the configuration has it. Nothing else of the control API is here.
/// </summary>
internal sealed class GuestSite(NetworkEngine engine, string version)
{
    private const string ShortName = "gateway";
    private const string Forwarder = "/services/forwarder";
    private readonly GvproxyApi _api = new(engine);

    public Task ServeAsync(HttpContext context, GuestPageFeature guest)
    {
        HttpRequest request = context.Request;
        if (!IsOwnHost(request.Host.Host))
        {
            return GvproxyExchange.WriteTextAsync(
                context, StatusCodes.Status421MisdirectedRequest,
                "this is the gateway, and no server of that name");
        }

        if (request.Path.StartsWithSegments(Forwarder, StringComparison.Ordinal))
        {
            // A page that a guest's browser shows may send requests here, and is not the guest.
            return engine.Configuration.GuestControl != GuestControl.Forwards
                ? GvproxyExchange.WriteTextAsync(
                    context, StatusCodes.Status403Forbidden,
                    "guests may not publish ports here (guestControl in the configuration)")
                : request.Headers.Origin.Count > 0
                    ? GvproxyExchange.WriteTextAsync(
                        context, StatusCodes.Status403Forbidden,
                        "web pages may not publish ports")
                : _api.ServeGuestAsync(context, new GvproxyCaller(guest.Guest, guest.Link));
        }

        return request.Path.Value is "/" or ""
            ? HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
                ? GvproxyExchange.WriteTextAsync(
                    context, StatusCodes.Status200OK, Describe(guest.Guest))
                : GvproxyExchange.WriteTextAsync(
                    context, StatusCodes.Status405MethodNotAllowed, "this page is only read")
            : GvproxyApi.WriteNotFoundAsync(context);
    }

    // A page of a guest's browser whose name has become the gateway's address asks by that name
    // (DNS rebinding); an address, and no name at all, no page's can be.
    private bool IsOwnHost(string host) =>
        host.Length == 0 || host.Equals(ShortName, StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out _) || engine.IsNameOfGateway(host);

    private string Describe(IpAddress guest)
    {
        EngineConfiguration configuration = engine.Configuration;
        StringBuilder page = new();
        LeaseEntry? lease = engine.ListLeases().FirstOrDefault(one => one.Address == guest);
        string name = lease?.HostName is string own ? $" ({own})" : "";
        Add(page, $"Slipway {version} is the network here.", "");
        Add(page, $"you         {guest}{name}");
        Add(page, $"gateway     {configuration.Gateway}, which answers DNS");
        if (configuration.HostAlias is IpAddress host)
        {
            Add(page, $"the host    {host}, host.internal");
        }

        if (configuration.Proxy is { IsEnabled: true, Port: > 0 } proxy)
        {
            Add(page, $"a proxy     http://{configuration.Gateway}:{proxy.Port}/");
        }

        Add(page, $"MTU         {configuration.MtuBytes}", "");
        List<PublishedPort> ports =
            [.. engine.PublishedPorts.Where(port => port.Guest.Address == guest)];
        Add(page, ports.Count == 0
            ? "No port of yours is published." : "Published ports of yours:");
        foreach (PublishedPort port in ports)
        {
            string protocol = port.Protocol == IpProtocol.Udp ? "udp" : "tcp";
            Add(page, $"  {port.Host} leads to your {port.Guest.Port}/{protocol}");
        }

        return page.ToString().TrimEnd('\n');
    }

    private static void Add(StringBuilder page, params ReadOnlySpan<string> lines)
    {
        foreach (string line in lines)
        {
            page.Append(CultureInfo.InvariantCulture, $"{line}\n");
        }
    }
}
