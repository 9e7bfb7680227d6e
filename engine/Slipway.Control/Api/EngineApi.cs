using Microsoft.AspNetCore.Http;
using Slipway.Engine;
using Slipway.Services;
using Slipway.Stack;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>What /v1 tells of an engine and does to it.</summary>
/// <remarks>
/// Paths: GET version, health, sandbox, ports, leases, stats; POST ports (a
/// <see cref="PublishRequest"/>; 201 with the port, 409 if it is taken); DELETE
/// ports/ID, with ?close=true also its TCP connections, which go on otherwise.
/// </remarks>
internal sealed class EngineApi(NetworkEngine engine, string version)
{
    private const int ApiVersion = 1;
    private const int MostOwnerCharacters = 128;

    public Task GetVersionAsync(HttpContext context) => ApiExchange.WriteAsync(
        context, new VersionReport(version, ApiVersion, Environment.ProcessId),
        ApiJsonContext.Default.VersionReport);

    public Task ListPortsAsync(HttpContext context) => ApiExchange.WriteAsync(
        context, [.. engine.PublishedPorts.Select(Report)],
        ApiJsonContext.Default.IReadOnlyListPortReport);

    public async Task PublishAsync(HttpContext context)
    {
        PublishRequest request = await ApiExchange.ReadAsync(
            context, ApiJsonContext.Default.PublishRequest).ConfigureAwait(false);
        if (request.Owner?.Length > MostOwnerCharacters)
        {
            throw new ApiException(
                StatusCodes.Status400BadRequest,
                $"owner has more than {MostOwnerCharacters} characters; write a shorter one");
        }

        PublishedPort port = engine.PublishPort(
            PublishSpecification.Parse("port", request.Port) with { Owner = request.Owner });
        await ApiExchange.WriteAsync(
            context, Report(port), ApiJsonContext.Default.PortReport, StatusCodes.Status201Created)
            .ConfigureAwait(false);
    }

    public Task UnpublishAsync(HttpContext context)
    {
        string? close = context.Request.Query["close"];
        bool closes = close switch
        {
            null or "false" => false,
            "true" => true,
            _ => throw new ApiException(
                StatusCodes.Status400BadRequest, $"close={close} is neither true nor false"),
        };
        return ApiExchange.DeleteAsync(
            context, id => engine.UnpublishPort(id, closes), "published port", "/v1/ports");
    }

    public Task ListLeasesAsync(HttpContext context) => ApiExchange.WriteAsync(
        context, [.. engine.ListLeases().Select(Report)],
        ApiJsonContext.Default.IReadOnlyListLeaseReport);

    public Task GetStatisticsAsync(HttpContext context) => ApiExchange.WriteAsync(
        context, Report(engine), ApiJsonContext.Default.StatisticsReport);

    public Task GetSandboxAsync(HttpContext context) => ApiExchange.WriteAsync(
        context,
        new SandboxReport(Name(engine.Configuration.Sandbox.Mode), engine.ListSandbox()),
        ApiJsonContext.Default.SandboxReport);

    private static string Name(SandboxMode mode) => mode switch
    {
        SandboxMode.On => "on",
        SandboxMode.Off => "off",
        _ => "auto",
    };

    private static PortReport Report(PublishedPort port) =>
        new(port.Id, Name(port.Protocol), port.HostText, port.GuestText, port.Specification.Owner);

    private static LeaseReport Report(LeaseEntry lease) => new(
        lease.Address.ToString(), lease.Mac.ToString(), lease.HostName, lease.Expires,
        lease.IsStatic);

    private static StatisticsReport Report(NetworkEngine engine)
    {
        Counters counters = engine.Counters;
        Dictionary<string, long> counted = new(StringComparer.Ordinal)
        {
            ["framesReceived"] = counters.FramesReceived,
            ["framesSent"] = counters.FramesSent,
            ["bytesReceived"] = counters.BytesReceived,
            ["bytesSent"] = counters.BytesSent,
            ["tcpFlowsOpened"] = counters.TcpFlowsOpened,
            ["tcpConnectsFailed"] = counters.TcpConnectsFailed,
            ["tcpFlowsStranded"] = counters.TcpFlowsStranded,
            ["tcpSegmentsRetransmitted"] = counters.TcpSegmentsRetransmitted,
            ["udpFlowsOpened"] = counters.UdpFlowsOpened,
            ["slowTurns"] = engine.SlowTurns,
        };
        Dictionary<string, long> dropped = new(StringComparer.Ordinal);
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            AddUnlessNone(dropped, reason.ToString(), counters.Dropped(reason));
        }

        foreach (ParseError error in Enum.GetValues<ParseError>())
        {
            AddUnlessNone(dropped, $"Malformed{error}", counters.Malformeds(error));
        }

        return new StatisticsReport(counted, dropped, engine.ListBounds());
    }

    private static void AddUnlessNone(Dictionary<string, long> counts, string name, long count)
    {
        if (count > 0)
        {
            counts[name] = count;
        }
    }

    private static string Name(IpProtocol protocol) =>
        protocol == IpProtocol.Udp ? "udp" : "tcp";
}
