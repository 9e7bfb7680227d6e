using System.Net.Http.Json;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Engine;
using Slipway.Linux;
using Slipway.Wire;

namespace Slipway.Control;

/// <summary>Asks things of a running engine over its control socket.</summary>
public sealed partial class ControlClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _path;
    private readonly EndPoint _place;
    private readonly string? _token;

    private ControlClient(string path)
        : this(path, new UnixDomainSocketEndPoint(path), token: null)
    {
    }

    private ControlClient(string path, EndPoint place, string? token)
    {
        _path = path;
        _place = place;
        _token = token;
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync })
        {
            BaseAddress = new Uri("http://localhost/"),
        };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        }
    }

    /// <summary>The socket's file.</summary>
    public string Path => _path;

    /// <summary>How lists are written as JSON.</summary>
    public static JsonTypeInfo<IReadOnlyList<PortReport>> PortsJson =>
        ApiJsonContext.Default.IReadOnlyListPortReport;

    public static JsonTypeInfo<IReadOnlyList<FlowReport>> FlowsJson =>
        ApiJsonContext.Default.IReadOnlyListFlowReport;

    public static JsonTypeInfo<IReadOnlyList<LeaseReport>> LeasesJson =>
        ApiJsonContext.Default.IReadOnlyListLeaseReport;

    public static JsonTypeInfo<IReadOnlyList<ServiceReport>> ServicesJson =>
        ApiJsonContext.Default.IReadOnlyListServiceReport;

    public static JsonTypeInfo<IReadOnlyList<DnsReport>> DnsJson =>
        ApiJsonContext.Default.IReadOnlyListDnsReport;

    public static JsonTypeInfo<ProxyReport> ProxyJson => ApiJsonContext.Default.ProxyReport;

    public static JsonTypeInfo<StatisticsReport> StatisticsJson =>
        ApiJsonContext.Default.StatisticsReport;

    /// <summary>The engine at a place that a configuration or an option names.</summary>
    /// <exception cref="ControlException">There is none, or its token cannot be
    /// read.</exception>
    public static ControlClient Open(ControlSpecification place) => place.Port is IpEndpoint port
        ? new ControlClient(
            $"tcp:{port}", IPEndPoint.Parse(port.ToString()),
            ControlToken.Load(place.TokenFile ?? ControlPath.DefaultTokenFile).Text)
        : Open(place.Path);

    /// <summary>The engine at a path, or the one engine of this user that there is.</summary>
    /// <param name="path">The socket's file, or null.</param>
    /// <exception cref="ControlException">There is none, or there are several.</exception>
    public static ControlClient Open(string? path)
    {
        if (path is not null)
        {
            return new ControlClient(path);
        }

        ControlPath standard = ControlPath.Default;
        if (File.Exists(standard.Path))
        {
            return new ControlClient(standard.Path);
        }

        IReadOnlyList<string> others = ControlPath.OfFurtherEngines();
        return others.Count == 1
            ? new ControlClient(others[0])
            : throw new ControlException(others.Count == 0
                ? $"no engine runs here ({standard.Path} does not exist); start one with "
                    + "`slipway run`, or name its socket with --control unix:PATH"
                : $"{others.Count} engines run here; name one with --control: "
                    + string.Join(", ", others.Select(other => $"unix:{other}")));
    }

    public Task<IReadOnlyList<PortReport>> ListPortsAsync(CancellationToken stop) =>
        GetAsync("v1/ports", ApiJsonContext.Default.IReadOnlyListPortReport, stop);

    public Task<IReadOnlyList<FlowReport>> ListFlowsAsync(CancellationToken stop) =>
        GetAsync("v1/flows", ApiJsonContext.Default.IReadOnlyListFlowReport, stop);

    public Task<IReadOnlyList<LeaseReport>> ListLeasesAsync(CancellationToken stop) =>
        GetAsync("v1/leases", ApiJsonContext.Default.IReadOnlyListLeaseReport, stop);

    public Task<IReadOnlyList<ServiceReport>> ListServicesAsync(CancellationToken stop) =>
        GetAsync("v1/services", ApiJsonContext.Default.IReadOnlyListServiceReport, stop);

    /// <summary>Adds a service, as the configuration writes it.</summary>
    public async Task<ServiceReport> AddServiceAsync(string json, CancellationToken stop)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "v1/services")
        {
            Content = new StringContent(json),
        };
        return await SendAsync(request, ApiJsonContext.Default.ServiceReport, stop)
            .ConfigureAwait(false);
    }

    /// <summary>Removes a service; its connections go on.</summary>
    public Task RemoveServiceAsync(int id, CancellationToken stop) =>
        SendAsync(HttpMethod.Delete, $"v1/services/{id}", null, stop);

    public Task<IReadOnlyList<DnsReport>> ListDnsAsync(CancellationToken stop) =>
        GetAsync("v1/dns", ApiJsonContext.Default.IReadOnlyListDnsReport, stop);

    /// <summary>Sets a name, whose value is as in the configuration's "dns.records".</summary>
    public Task SetDnsAsync(string name, string json, CancellationToken stop) =>
        SendAsync(HttpMethod.Put, $"v1/dns/{Uri.EscapeDataString(name)}", json, stop);

    /// <summary>Removes a name that was added.</summary>
    public Task RemoveDnsAsync(string name, CancellationToken stop) =>
        SendAsync(HttpMethod.Delete, $"v1/dns/{Uri.EscapeDataString(name)}", null, stop);

    public Task<ProxyReport> GetProxyAsync(CancellationToken stop) =>
        GetAsync("v1/proxy", ApiJsonContext.Default.ProxyReport, stop);

    /// <summary>Says where connections go, as the configuration's "proxy".</summary>
    public Task SetProxyAsync(string json, CancellationToken stop) =>
        SendAsync(HttpMethod.Put, "v1/proxy", json, stop);

    /// <summary>Leaves that to the other sources again.</summary>
    public Task ResetProxyAsync(CancellationToken stop) =>
        SendAsync(HttpMethod.Delete, "v1/proxy", null, stop);

    public Task<StatisticsReport> GetStatisticsAsync(CancellationToken stop) =>
        GetAsync("v1/stats", ApiJsonContext.Default.StatisticsReport, stop);

    /// <summary>What the engine's process has given up.</summary>
    public Task<SandboxReport> GetSandboxAsync(CancellationToken stop) =>
        GetAsync("v1/sandbox", ApiJsonContext.Default.SandboxReport, stop);

    /// <summary>Publishes a port, in the grammar of `slipway run --publish`.</summary>
    public Task<PortReport> PublishAsync(string port, CancellationToken stop) =>
        PublishAsync(port, owner: null, stop);

    /// <summary>The same, with a word by which a program finds its own ports again.</summary>
    public async Task<PortReport> PublishAsync(
        string port, string? owner, CancellationToken stop)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "v1/ports")
        {
            Content = JsonContent.Create(
                new PublishRequest { Port = port, Owner = owner },
                ApiJsonContext.Default.PublishRequest),
        };
        return await SendAsync(request, ApiJsonContext.Default.PortReport, stop)
            .ConfigureAwait(false);
    }

    /// <summary>Closes a published port; its connections go on unless told otherwise.</summary>
    public Task UnpublishAsync(int id, bool closesConnections, CancellationToken stop) =>
        SendAsync(
            HttpMethod.Delete, $"v1/ports/{id}{(closesConnections ? "?close=true" : "")}", null,
            stop);

    public void Dispose() => _http.Dispose();

    private async Task SendAsync(
        HttpMethod method, string path, string? json, CancellationToken stop)
    {
        using HttpRequestMessage request = new(method, path)
        {
            Content = json is null ? null : new StringContent(json),
        };
        using HttpResponseMessage response = await SendAsync(request, stop).ConfigureAwait(false);
    }

    private async Task<T> GetAsync<T>(
        string path, JsonTypeInfo<T> type, CancellationToken stop)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        return await SendAsync(request, type, stop).ConfigureAwait(false);
    }

    private async Task<T> SendAsync<T>(
        HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken stop)
    {
        using HttpResponseMessage response = await SendAsync(request, stop).ConfigureAwait(false);
        return await response.Content.ReadFromJsonAsync(type, stop).ConfigureAwait(false)
            ?? throw new ControlException($"{_path} answers nothing");
    }

    private Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken stop) =>
        SendAsync(request, HttpCompletionOption.ResponseContentRead, stop);

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, HttpCompletionOption completion, CancellationToken stop)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, completion, stop).ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            throw new ControlException(Explain(e));
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new ControlException(await ExplainAsync(response, stop).ConfigureAwait(false))
            {
                Status = (int)response.StatusCode,
            };
        }
    }

    private static async Task<string> ExplainAsync(
        HttpResponseMessage response, CancellationToken stop)
    {
        try
        {
            Problem? problem = await response.Content.ReadFromJsonAsync(
                ApiJsonContext.Default.Problem, stop).ConfigureAwait(false);
            return problem?.Detail ?? $"the engine answers {(int)response.StatusCode}";
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return $"the engine answers {(int)response.StatusCode}";
        }
    }

    private string Explain(HttpRequestException error) => error.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
            $"nobody listens on {_path}: its engine has ended; start one with `slipway run`",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"{_path} is another user's; ask as that user",
        SocketException { NativeErrorCode: Errno.ENOENT } or
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
            $"{_path} does not exist; start an engine with `slipway run`",
        _ => $"the engine at {_path} does not answer ({error.Message})",
    };

    private async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken stop) =>
        new NetworkStream(await ConnectAsync(stop).ConfigureAwait(false), ownsSocket: true);

    private async Task<Socket> ConnectAsync(CancellationToken stop)
    {
        Socket socket = new(_place.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(_place, stop)
                .ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
