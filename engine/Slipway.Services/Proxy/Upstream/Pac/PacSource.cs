using System.Net.Sockets;
using System.Text;

namespace Slipway.Services;

/// <summary>
/// Where a PAC file is: a path, looked at before each use, or a URL, fetched directly and again
/// from time to time. One that is broken or away leaves the last good one in force.
/// </summary>
internal sealed class PacSource : IDisposable
{
    public const int MaxLengthBytes = 1 << 20;
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);
    private readonly string _location;
    private readonly string? _path;
    private readonly TimeSpan _refresh;
    private readonly TimeProvider _time;
    private readonly HostConnector _hosts;
    private readonly IPacScripts _scripts;
    private readonly Action<string> _report;
    private readonly SemaphoreSlim _loading = new(1);
    private readonly CancellationTokenSource _stop = new();
    private HttpClient? _client;
    private PacProgram? _program;
    private (DateTime Modified, long Length) _seen;
    private long _fetchAtTicks;
    private string? _reported;
    private string _fault = "has not been read yet";

    public PacSource(
        string location, ProxyUpstreamConfiguration configuration, HostConnector hosts,
        IPacScripts scripts, Action<string> report)
    {
        _location = ProxyServer.WithoutCredentials(location);
        _refresh = configuration.PacRefreshInterval;
        _time = configuration.Time;
        _hosts = hosts;
        _scripts = scripts;
        _report = report;
        bool isRemote = location.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || location.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        Url = isRemote ? location : null;
        _path = isRemote ? null
            : location.StartsWith("file://", StringComparison.OrdinalIgnoreCase)
                && Uri.TryCreate(location, UriKind.Absolute, out Uri? file)
                    ? file.LocalPath : location;
    }

    private string? Url { get; }

    private bool IsFetchDue => _time.GetUtcNow().UtcTicks >= Volatile.Read(ref _fetchAtTicks);

    /// <summary>The program as the file is now.</summary>
    /// <exception cref="PacException">There has never been a good one.</exception>
    public async ValueTask<PacProgram> GetAsync(CancellationToken stop)
    {
        bool isDue = _path is not null || IsFetchDue;
        if (isDue && (_path is not null || _program is null))
        {
            await _loading.WaitAsync(stop).ConfigureAwait(false);
            await LoadAsync().ConfigureAwait(false);
        }
        else if (isDue && await _loading.WaitAsync(0, stop).ConfigureAwait(false))
        {
            // Whoever connects meanwhile goes by what is there.
            _ = Task.Run(LoadAsync, CancellationToken.None);
        }

        return _program ?? throw new PacException($"the PAC file {_location} {_fault}");
    }

    public void Dispose()
    {
        _stop.Cancel();
        _client?.Dispose();
    }

    private void FetchIn(TimeSpan delay) =>
        Volatile.Write(ref _fetchAtTicks, (_time.GetUtcNow() + delay).UtcTicks);

    private async Task LoadAsync()
    {
        try
        {
            string? text = _path is not null ? ReadFile(_path)
                : !IsFetchDue ? null : await FetchAsync().ConfigureAwait(false);
            if (text is not null && text != _program?.Text)
            {
                IPacScript script = await _scripts.ReadAsync(text).ConfigureAwait(false);
                _program = new PacProgram(text, script, SteadyTime.WallOf(_time));
                _report($"the PAC file {_location} counts now");
            }

            if (text is not null)
            {
                _reported = null;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException
            or HttpRequestException or SocketException or PacException
            or OperationCanceledException)
        {
            FetchIn(RetryDelay);
            _fault = error is PacException ? error.Message
                : error is OperationCanceledException ? "does not come in time"
                : $"cannot be read ({error.Message})";
            if (_fault != _reported && !_stop.IsCancellationRequested)
            {
                _reported = _fault;
                _report($"the PAC file {_location} {_fault}"
                    + (_program is null ? "" : "; the last good one counts on"));
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <returns>Null where it is as it was.</returns>
    private string? ReadFile(string path)
    {
        using FileStream file = new(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
            bufferSize: 0);
        (DateTime, long) now = (File.GetLastWriteTimeUtc(file.SafeFileHandle), file.Length);
        if (now == _seen)
        {
            return null;
        }

        _seen = now;
        if (file.Length > MaxLengthBytes)
        {
            throw new PacException("is longer than 1 MiB");
        }

        byte[] bytes = new byte[file.Length];
        int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<string> FetchAsync()
    {
        _client ??= new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            MaxAutomaticRedirections = 4,
            ConnectCallback = async (context, stop) => new NetworkStream(
                await _hosts.ConnectAsync(
                    context.DnsEndPoint.Host, context.DnsEndPoint.Port, stop).ConfigureAwait(false),
                ownsSocket: true),
        })
        {
            MaxResponseContentBufferSize = MaxLengthBytes,
            Timeout = FetchTimeout,
        };
        byte[] bytes = await _client.GetByteArrayAsync(new Uri(Url!), _stop.Token)
            .ConfigureAwait(false);
        FetchIn(_refresh);
        return Encoding.UTF8.GetString(bytes);
    }
}
