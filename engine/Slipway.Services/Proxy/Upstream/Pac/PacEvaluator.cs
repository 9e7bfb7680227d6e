using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Slipway.Services;

/// <summary>
/// Asks PAC files which way a target takes: four at a time and two for one guest, since a file may
/// look up names that nobody answers. Those who wait are bounded, in all and of one guest, and each
/// answer is kept for a moment. Nothing of the JavaScript engine is touched before a PAC file is
/// used.
/// </summary>
internal sealed class PacEvaluator(
    ProxyUpstreamConfiguration configuration, HostConnector hosts, Action<string> report)
    : IDisposable
{
    private const int Threads = 4;
    private const int ThreadsOfAGuest = 2;
    private const int MaxRunning = 256;
    private const int MaxRunningOfAGuest = 128;
    private const int MaxSources = 4;
    private const int MaxReported = 64;

    // For all names of one evaluation together; after that, names have no address.
    public static readonly TimeSpan NameTimeLimit = TimeSpan.FromSeconds(3);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PacSource> _sources = [];
    private readonly HashSet<string> _reported = [];
    private readonly GuestGate _threads = new(Threads, ThreadsOfAGuest);
    private readonly GuestQuota _places = new("pacEvaluations", MaxRunning, MaxRunningOfAGuest);
    private readonly Dictionary<(PacProgram, string), Task<IReadOnlyList<ProxyServer>?>> _running =
        [];

    /// <summary>The route by the settings' PAC file; null where it fails, which is told.</summary>
    public ValueTask<IReadOnlyList<ProxyServer>?> TryEvaluateAsync(
        ProxySettings settings, ProxyTarget target, CancellationToken stop)
    {
        if (ProxyFeatures.HasScripts)
        {
            return EvaluateAsync(settings, target, stop);
        }

        Tell($"the PAC file {settings.Pac} is not used: this build runs none");
        return default;
    }

    private async ValueTask<IReadOnlyList<ProxyServer>?> EvaluateAsync(
        ProxySettings settings, ProxyTarget target, CancellationToken stop)
    {
        try
        {
            PacProgram program = await Source(settings.Pac!).GetAsync(stop).ConfigureAwait(false);
            string url = Url(target);
            if (!program.Cache.TryFind(url, out IReadOnlyList<ProxyServer>? servers))
            {
                servers = await JoinAsync(program, url, target.Host).WaitAsync(stop)
                    .ConfigureAwait(false);
            }

            return servers is null ? null
                : [.. servers.Select(server => WithCredentials(server, settings))];
        }
        catch (PacException error)
        {
            Tell(error.Message);
            return null;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (PacSource source in _sources.Values)
            {
                source.Dispose();
            }

            _sources.Clear();
        }
    }

    /// <summary>
    /// What a browser would give: of https the host alone. A tunnel of another protocol is shown as
    /// https too, since files know no other scheme for it.
    /// </summary>
    private static string Url(ProxyTarget target)
    {
        string scheme = target.Purpose == ProxyPurpose.Http ? "http" : "https";
        int standard = target.Purpose == ProxyPurpose.Http ? 80 : 443;
        string host = target.Host.Contains(':', StringComparison.Ordinal)
            ? $"[{target.Host}]" : target.Host.ToLowerInvariant();
        string port = target.Port == standard ? ""
            : ":" + target.Port.ToString(CultureInfo.InvariantCulture);
        return $"{scheme}://{host}{port}/";
    }

    // A file names no passwords: they are those of the same upstream in the settings.
    private static ProxyServer WithCredentials(ProxyServer server, ProxySettings settings)
    {
        foreach (ProxyServer known in (IEnumerable<ProxyServer>)
            [.. settings.Http ?? [], .. settings.Https ?? [], .. settings.All ?? []])
        {
            if (known.Key == server.Key)
            {
                return known;
            }
        }

        return server;
    }

    /// <summary>One evaluation for all who ask about the same host meanwhile.</summary>
    private Task<IReadOnlyList<ProxyServer>?> JoinAsync(
        PacProgram program, string url, string host)
    {
        lock (_lock)
        {
            if (_running.TryGetValue((program, url), out Task<IReadOnlyList<ProxyServer>?>? known))
            {
                return known;
            }

            // Whoever ended just now has left the answer.
            if (program.Cache.TryFind(url, out IReadOnlyList<ProxyServer>? kept))
            {
                return Task.FromResult(kept);
            }

            // Who asks first is who it is done for.
            int link = SpeakingGuest.Link;
            if (!_places.TryEnter(link))
            {
                throw new PacException("the PAC file is asked about too many hosts at once");
            }

            Task<IReadOnlyList<ProxyServer>?> task =
                Task.Run(() => RunAsync(program, url, host, link));
            _running.Add((program, url), task);
            return task;
        }
    }

    private async Task<IReadOnlyList<ProxyServer>?> RunAsync(
        PacProgram program, string url, string host, int link)
    {
        await _threads.EnterAsync(link).ConfigureAwait(false);
        IReadOnlyList<ProxyServer>? servers = null;
        bool isKept = true;
        try
        {
            servers = await EvaluateAsync(program, url, host).ConfigureAwait(false);
        }
        catch (PacException error)
        {
            isKept = !error.IsPassing;
            Tell($"the PAC file, asked about {host}: {error.Message}");
        }
        finally
        {
            _threads.Leave(link);
            _places.Leave(link);
            if (isKept)
            {
                program.Cache.Store(url, servers);
            }

            lock (_lock)
            {
                _running.Remove((program, url));
            }
        }

        return servers;
    }

    private async Task<IReadOnlyList<ProxyServer>> EvaluateAsync(
        PacProgram program, string url, string host)
    {
        using CancellationTokenSource deadline = new(NameTimeLimit);
        return PacResult.Parse(await program.Script.EvaluateAsync(
            url, host.ToLowerInvariant(), name => ResolveAsync(name, deadline.Token))
            .ConfigureAwait(false));
    }

    private async Task<IPAddress[]> ResolveAsync(string name, CancellationToken stop)
    {
        try
        {
            return await hosts.ResolveAsync(name, stop).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return [];
        }
    }

    private PacSource Source(string location)
    {
        lock (_lock)
        {
            if (_sources.TryGetValue(location, out PacSource? source))
            {
                return source;
            }

            if (_sources.Count >= MaxSources)
            {
                (string old, PacSource ended) = _sources.First();
                _sources.Remove(old);
                ended.Dispose();
            }

            source = new PacSource(location, configuration, hosts, Scripts(), report);
            _sources.Add(location, source);
            return source;
        }
    }

    // Named nowhere else: a build without scripts leaves their engine out.
    private IPacScripts Scripts() => configuration.Scripts is ResolverProcess process
        ? new RemotePacScripts(process) : new PacScriptsHere(configuration.Time);

    private void Tell(string message)
    {
        lock (_lock)
        {
            if (_reported.Count < MaxReported && _reported.Add(message))
            {
                report(message);
            }
        }
    }
}
